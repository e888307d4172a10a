using System.Net;

namespace Wopr.EndToEnd.Tests;

/// <summary>With the limits of production: RATE_LIMIT_FACTOR is not set. Each part calls from addresses of its own.</summary>
public sealed class AgreementTests
{
    private static readonly TimeSpan s_promised = TimeSpan.FromSeconds(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_replicas_agree()
    {
        await using var stack = await Stack.StartAsync(replicas: 2);
        using var ann = await new Caller(stack.AddressOf(0), "127.0.1.1").SignUpAsync("ann@example.com");

        await SessionsAsync(stack, ann);
        await EarlyEnoughAsync();
        await SignInsAsync(stack);
        await GuessesAsync(stack);
        await ForgeriesAsync(stack);
        await MaintenanceAsync(stack, ann);
    }

    // Counting begins anew with every quarter of an hour of the clock.
    private static async Task EarlyEnoughAsync()
    {
        var quarter = TimeSpan.FromMinutes(15).Ticks;
        var left = TimeSpan.FromTicks(quarter - (TimeProvider.System.GetUtcNow().Ticks % quarter));
        if (left < TimeSpan.FromSeconds(20)) { await Task.Delay(left, Ct); }
    }

    [Fact]
    public async Task A_replica_that_knows_no_proxy_believes_nobody_about_addresses()
    {
        await using var stack = await Stack.StartAsync(replicas: 1, ("TRUSTED_PROXY_IPS", ""));
        await EarlyEnoughAsync();
        await ForgeAsync(stack.AddressOf(0), "127.0.0.1");
    }

    private static async Task SessionsAsync(Stack stack, Caller ann)
    {
        using var there = ann.At(stack.AddressOf(1), "127.0.1.1");
        using var proxied = ann.At(stack.Address, "127.0.1.1");
        Assert.True(await there.IsSignedInAsync());
        Assert.True(await proxied.IsSignedInAsync());

        Assert.True((await ann.PostAsync("/api/auth/sign-out", new { })).IsGood);
        Assert.False(await ann.IsSignedInAsync());
        await Task.Delay(s_promised, Ct);
        Assert.False(await there.IsSignedInAsync());
        Assert.False(await proxied.IsSignedInAsync());
    }

    // Five in a quarter of an hour, wherever they arrive.
    private static async Task SignInsAsync(Stack stack)
    {
        Uri[] ways = [stack.AddressOf(0), stack.AddressOf(1), stack.Address];
        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(async index =>
        {
            using var caller = new Caller(ways[index % ways.Length], "127.0.1.2");
            return await caller.SignInAsync($"nobody{index}@example.com");
        }));

        Assert.Equal(5, answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized));
        Assert.Equal(7, answers.Count(answer => answer.Code == "rate.limited"));
        using var other = new Caller(stack.Address, "127.0.1.3");
        Assert.Equal(HttpStatusCode.OK, (await other.SignInAsync("ann@example.com")).Status);
    }

    // Ten for one account, from however many addresses.
    private static async Task GuessesAsync(Stack stack)
    {
        using var bob = await new Caller(stack.AddressOf(1), "127.0.1.4").SignUpAsync("bob@example.com");
        var answers = await Task.WhenAll(Enumerable.Range(0, 15).Select(async index =>
        {
            using var guesser = new Caller(stack.AddressOf(index % 2), $"127.0.2.{index / 5}");
            return await guesser.SignInAsync("bob@example.com", "wrong");
        }));

        Assert.Equal(10, answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized));
        Assert.Equal(5, answers.Count(answer => answer.Code == "TOO_MANY_ATTEMPTS"));
    }

    // The proxy names the caller; what the caller says about itself counts neither there nor past the proxy.
    private static async Task ForgeriesAsync(Stack stack)
    {
        foreach (var (way, from) in ((Uri, string)[])[(stack.Address, "127.0.3.1"), (stack.AddressOf(0), "127.0.3.2")])
        {
            await ForgeAsync(way, from);
        }
    }

    private static async Task ForgeAsync(Uri way, string from)
    {
        List<Answer> answers = [];
        for (var index = 0; index < 7; index++)
        {
            using var forger = new Caller(way, from) { ForwardedFor = $"198.51.100.{index}" };
            answers.Add(await forger.SignInAsync($"forged{index}@example.com"));
        }
        Assert.Equal(5, answers.Count(answer => answer.Status == HttpStatusCode.Unauthorized));
        Assert.Equal(2, answers.Count(answer => answer.Code == "rate.limited"));
    }

    private static async Task MaintenanceAsync(Stack stack, Caller ann)
    {
        using var operatorThere = new Caller(stack.AddressOf(0), "127.0.1.5") { Bearer = Caller.AdminToken };
        Assert.True((await operatorThere.SendAsync(HttpMethod.Put, "/api/admin/maintenance", new { message = "Back at noon." })).IsGood);
        await Task.Delay(s_promised * 1.5, Ct);
        foreach (var way in (Uri[])[stack.AddressOf(0), stack.AddressOf(1), stack.Address])
        {
            using var caller = ann.At(way, "127.0.1.5");
            var refused = await caller.GetAsync("/trpc/settings.ping");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "maintenance"), (refused.Status, refused.Code));
            Assert.True((await caller.GetAsync("/health/ready")).IsGood);
        }

        using var operatorElsewhere = new Caller(stack.AddressOf(1), "127.0.1.5") { Bearer = Caller.AdminToken };
        Assert.True((await operatorElsewhere.SendAsync(HttpMethod.Delete, "/api/admin/maintenance", null)).IsGood);
        await Task.Delay(s_promised * 1.5, Ct);
        using var visitor = new Caller(stack.AddressOf(0), "127.0.1.5");
        Assert.NotEqual("maintenance", (await visitor.GetAsync("/api/orgs")).Code);
    }
}
