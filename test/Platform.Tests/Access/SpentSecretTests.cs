using System.Net;
using System.Text;
using System.Text.Json;
using Wopr.Auth;

namespace Wopr.Platform.Tests;

/// <summary>Secrets that have ended, were used, or were made for something else.</summary>
public sealed class SpentSecretTests(AccessWorld world) : IClassFixture<AccessWorld>
{
    private static readonly byte[] s_key = Encoding.UTF8.GetBytes(TestPlatform.AuthSecret);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Where a secret is taken, for what purposes, and the code of its refusal.</summary>
    private static readonly (string Place, string[] Purposes, string Code)[] s_places =
    [
        ("POST /api/auth/reset-password", ["reset_password"], "INVALID_TOKEN"),
        ("GET /api/auth/verify-email", ["verify_email", "change_email"], "INVALID_TOKEN"),
        ("POST /api/auth/two-factor/verify-totp", ["second_step"], "INVALID_TWO_FACTOR_COOKIE"),
        ("POST /api/auth/two-factor/verify-backup-code", ["second_step"], "INVALID_TWO_FACTOR_COOKIE"),
    ];

    public static TheoryData<string> Purposes => new(
        "reset_password", "verify_email", "change_email", "second_step", "trusted_device");

    [Theory]
    [MemberData(nameof(Purposes))]
    public async Task A_secret_is_good_for_its_own_purpose_only(string purpose)
    {
        foreach (var (place, purposes, code) in s_places)
        {
            var outcome = await UseAsync(place, await world.SecretAsync(purpose, "1 hour", Ct));

            if (purposes.Contains(purpose)) { Assert.NotEqual(code, outcome.Code); }
            else { Assert.True(outcome.Code == code && !outcome.ChangedAnything, $"{outcome}"); }
        }
    }

    [Fact]
    public async Task A_secret_that_has_ended_is_good_for_nothing()
    {
        foreach (var (place, purposes, code) in s_places)
        {
            foreach (var purpose in purposes)
            {
                var outcome = await UseAsync(place, await world.SecretAsync(purpose, "-1 second", Ct));

                Assert.True(outcome.Code == code && !outcome.ChangedAnything, $"{purpose}: {outcome}");
            }
        }
    }

    [Fact]
    public async Task An_invitation_that_has_ended_lets_nobody_in()
    {
        var (owner, guest) = (await NewAsync("inviter"), await NewAsync("invited"));
        var org = (await owner.PostAsync("/api/orgs", new { name = "Ended" })).Text("id");
        await owner.PostAsync($"/api/orgs/{org}/invitations", new { email = guest.Email, role = "viewer" });
        var mail = await (await TestPlatform.Sandbox).MailAsync(guest.Email, "Ended", Ct);
        var link = mail.GetProperty("links").EnumerateArray().Select(one => one.GetString()!)
            .First(one => one.Contains("/invitations/", StringComparison.Ordinal));
        await world.Platform.ExecuteAsync(
            $"update auth.invitation set expires_at = now() - interval '1 second' where tenant_id = '{org}'", Ct);

        var answer = await guest.PostAsync($"/api{new Uri(link).AbsolutePath}/accept");

        Assert.Equal((HttpStatusCode.BadRequest, "org.bad_invitation"), (answer.Status, answer.Code));
        Assert.Equal(HttpStatusCode.NotFound, (await guest.GetAsync($"/api/orgs/{org}")).Status);
    }

    [Fact]
    public async Task A_session_that_has_ended_signs_nobody_in()
    {
        var ann = await NewAsync("ended-session");
        await world.Platform.ExecuteAsync(
            $"update auth.session set expires_at = now() - interval '1 second' where user_id = '{ann.UserId}'", Ct);

        Assert.False(await ann.IsSignedInAsync());
        Assert.Equal("auth.required", (await ann.PostAsync("/api/tokens", new { name = "x", scope = "read" })).Code);
    }

    [Fact]
    public async Task A_token_ends_on_its_day()
    {
        var ann = await NewAsync("ended-token");
        var made = await ann.PostAsync("/api/tokens", new { name = "short", scope = "write", expiresInDays = 1 });
        var caller = new Principal("ended token", Token: made.Text("token"));
        await world.Platform.ExecuteAsync(
            $"update auth.api_token set expires_at = now() - interval '1 second' where tenant_id = '{ann.UserId}'", Ct);

        var outcome = await world.AskAsync(world.Call("GET /trpc/settings.ping"), caller);

        Assert.Equal((HttpStatusCode.Unauthorized, "auth.invalid_token"), (outcome.Status, outcome.Code));
    }

    [Fact]
    public async Task A_second_step_is_taken_once()
    {
        var (ann, _, codes) = await SecondFactor.EnabledAsync(
            world.Platform, $"second-step-{Guid.CreateVersion7():n}@example.com");
        var phone = new Browser(world.Platform);
        await phone.SignInAsync(ann.Email);
        var step = phone.Cookies.Single(cookie => cookie.Key.EndsWith("two_factor", StringComparison.Ordinal));
        var once = await phone.PostAsync("/api/auth/two-factor/verify-backup-code", new { code = codes[0] });
        Assert.Equal(HttpStatusCode.OK, once.Status);

        var again = await world.AskAsync(world.Call("POST /api/auth/two-factor/verify-backup-code") with
        {
            Body = JsonSerializer.Serialize(new { code = codes[1] }),
        }, new Principal("again", $"{step.Key}={step.Value}"));

        Assert.True(again is { Status: HttpStatusCode.Unauthorized, Code: "INVALID_TWO_FACTOR_COOKIE" }, $"{again}");
    }

    private async Task<Outcome> UseAsync(string place, string secret)
    {
        var call = world.Call(place);
        if (!call.Writes)
        {
            return await world.AskAsync(call with { Path = $"{call.Path}?token={secret}" }, new Principal("holder"));
        }
        var body = JsonSerializer.Serialize(place.Contains("two-factor", StringComparison.Ordinal)
            ? new { code = "123456" }
            : (object)new { token = secret, newPassword = "Testpass2" });
        return await world.AskAsync(call with { Body = body },
            new Principal("holder", $"better-auth.two_factor={SignedValue.Sign(secret, s_key)}"));
    }

    private Task<Browser> NewAsync(string name) =>
        new Browser(world.Platform).SignUpAsync($"{name}-{Guid.CreateVersion7():n}@example.com");
}
