using System.Net;

namespace Wopr.Platform.Tests;

public sealed class RateLimitTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Signing_in_is_limited_per_address_over_all_replicas_exactly()
    {
        await using var one = await TestPlatform.StartAsync(Ct, ("RATE_LIMIT_FACTOR", "1"));
        await using var two = await one.ReplicaAsync(Ct, ("RATE_LIMIT_FACTOR", "1"));

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(index =>
            new Browser(index % 2 == 0 ? one : two).SignInAsync($"nobody{index}@example.com", "wrong")));

        Assert.Equal(5, answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized));
        var refused = answers.Where(answer => answer.Status == HttpStatusCode.TooManyRequests).ToList();
        Assert.Equal(7, refused.Count);
        Assert.All(refused, answer => Assert.Equal(
            ("rate.limited", "Too many login attempts. Please try again in 15 minutes."), (answer.Code, answer.Text("error"))));
    }

    [Fact]
    public async Task Everything_else_is_limited_too_and_says_how_much_is_left()
    {
        await using var platform = await TestPlatform.StartAsync(Ct, ("RATE_LIMIT_FACTOR", "1"), ("RATE_LIMITS", "other=40/3600"));
        HttpResponseMessage answer = null!;
        for (var index = 0; index < 41; index++) { answer = await platform.Http.GetAsync("/api/auth/ok", Ct); }

        Assert.Equal(HttpStatusCode.TooManyRequests, answer.StatusCode);
        Assert.Equal("40", answer.Headers.GetValues("X-RateLimit-Limit").Single());
        Assert.Equal("0", answer.Headers.GetValues("X-RateLimit-Remaining").Single());
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 3600);
        Assert.Equal(HttpStatusCode.OK, (await platform.Http.GetAsync("/health", Ct)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await platform.Http.GetAsync("/health/ready", Ct)).StatusCode);
    }

    [Fact]
    public async Task Replicas_tell_each_other_what_they_saw_within_two_seconds()
    {
        await using var one = await TestPlatform.StartAsync(Ct, ("RATE_LIMIT_FACTOR", "1"), ("RATE_LIMITS", "other=40/3600"));
        await using var two = await one.ReplicaAsync(Ct, ("RATE_LIMIT_FACTOR", "1"), ("RATE_LIMITS", "other=40/3600"));
        for (var index = 0; index < 40; index++) { await one.Http.GetAsync("/api/auth/ok", Ct); }
        await two.Http.GetAsync("/api/auth/ok", Ct);

        await Task.Delay(TimeSpan.FromSeconds(2.5), Ct);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await two.Http.GetAsync("/api/auth/ok", Ct)).StatusCode);
    }

    [Fact]
    public async Task A_token_has_a_limit_of_its_own()
    {
        await using var platform = await TestPlatform.StartAsync(Ct, ("RATE_LIMIT_FACTOR", "1"), ("RATE_LIMITS", "other=40/3600"));
        for (var index = 0; index < 41; index++) { await platform.Http.GetAsync("/api/auth/ok", Ct); }

        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/admin/users");
        request.Headers.Add("Authorization", $"Bearer {TestPlatform.AdminToken}");

        Assert.Equal(HttpStatusCode.OK, (await platform.Http.SendAsync(request, Ct)).StatusCode);
    }

    [Fact]
    public async Task Guessing_one_accounts_password_ends_after_ten_whoever_guesses_and_whether_it_exists()
    {
        await using var platform = await TestPlatform.StartAsync(Ct);
        var ann = await new Browser(platform).SignUpAsync("guessed-at@example.com");
        foreach (var email in (string[])[ann.Email, "not-there@example.com"])
        {
            var answers = await Task.WhenAll(Enumerable.Range(0, 14).Select(_ => new Browser(platform).SignInAsync(email, "wrong")));

            Assert.Equal(10, answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized));
            Assert.Equal(4, answers.Count(answer => answer.Code == "TOO_MANY_ATTEMPTS"));
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, (await new Browser(platform).SignInAsync(ann.Email)).Status);
    }
}
