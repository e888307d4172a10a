using System.Net;
using System.Web;

namespace Wopr.Platform.Tests;

public sealed class MailedLinkTests : IAsyncLifetime
{
    private const string SentIfKnown = "If this email exists in our system, check your email for the reset link";

    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Fact]
    public async Task A_forgotten_password_is_replaced_by_a_mailed_link_that_works_once_and_ends_every_session()
    {
        var ann = await new Browser(_platform).SignUpAsync("forgot@example.com");
        var stranger = new Browser(_platform);

        var asked = await stranger.PostAsync("/api/auth/request-password-reset", new { email = ann.Email, redirectTo = "/reset-password" });
        Assert.Equal(SentIfKnown, asked.Text("message"));
        var opened = await stranger.GetAsync(await LinkAsync(ann.Email, "password"));
        Assert.Equal(HttpStatusCode.Redirect, opened.Status);
        Assert.StartsWith($"{TestPlatform.UiOrigin}/reset-password?token=", opened.Location, StringComparison.Ordinal);
        var token = HttpUtility.ParseQueryString(new Uri(opened.Location).Query)["token"];

        var reset = await stranger.PostAsync("/api/auth/reset-password", new { token, newPassword = "Testpass2" });
        Assert.Equal(HttpStatusCode.OK, reset.Status);
        Assert.False(await ann.IsSignedInAsync());
        Assert.Equal(HttpStatusCode.OK, (await stranger.SignInAsync(ann.Email, "Testpass2")).Status);

        var again = await stranger.PostAsync("/api/auth/reset-password", new { token, newPassword = "Testpass3" });
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_TOKEN"), (again.Status, again.Code));
        var reopened = await stranger.GetAsync($"/api/auth/reset-password/{token}?callbackURL=%2Freset-password");
        Assert.Equal($"{TestPlatform.UiOrigin}/reset-password?error=INVALID_TOKEN", reopened.Location);
    }

    [Fact]
    public async Task Asking_for_a_reset_does_not_tell_who_has_an_account()
    {
        var nobody = await new Browser(_platform).PostAsync("/api/auth/request-password-reset", new { email = "nobody-here@example.com" });

        Assert.Equal((HttpStatusCode.OK, SentIfKnown), (nobody.Status, nobody.Text("message")));
    }

    [Fact]
    public async Task The_first_mail_proves_the_address_even_when_its_link_is_opened_twice()
    {
        var ann = await new Browser(_platform).SignUpAsync("first-mail@example.com");
        var link = await LinkAsync(ann.Email, "Confirm");

        for (var time = 0; time < 2; time++)
        {
            var opened = await new Browser(_platform).GetAsync(link);
            Assert.Equal($"{TestPlatform.UiOrigin}/auth/verify?status=success", opened.Location);
        }

        Assert.True((await ann.GetAsync("/api/auth/get-session")).At("user", "emailVerified").GetBoolean());
        Assert.EndsWith("status=error&reason=invalid_or_expired", (await ann.GetAsync("/auth/verify?token=wrong")).Location, StringComparison.Ordinal);
        Assert.EndsWith("status=error&reason=missing_token", (await ann.GetAsync("/auth/verify")).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_address_counts_once_its_link_was_opened_and_then_the_old_ones_links_are_dead()
    {
        var ann = await new Browser(_platform).SignUpAsync("old-address@example.com");
        var oldLink = await LinkAsync(ann.Email, "Confirm");

        var asked = await ann.PostAsync("/api/auth/change-email", new { newEmail = "New-Address@example.com", callbackURL = "/account" });
        Assert.Equal(HttpStatusCode.OK, asked.Status);
        Assert.Equal("old-address@example.com", (await ann.GetAsync("/api/auth/get-session")).Text("user", "email"));
        var opened = await ann.GetAsync(await LinkAsync("new-address@example.com", ""));

        Assert.Equal($"{TestPlatform.UiOrigin}/account", opened.Location);
        var user = (await ann.GetAsync("/api/auth/get-session")).At("user");
        Assert.Equal("new-address@example.com", user.GetProperty("email").GetString());
        Assert.True(user.GetProperty("emailVerified").GetBoolean());
        Assert.Contains("status=error", (await ann.GetAsync(oldLink)).Location, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Changing_to_somebody_elses_address_is_answered_alike_and_changes_nothing()
    {
        await new Browser(_platform).SignUpAsync("has-it@example.com");
        var bob = await new Browser(_platform).SignUpAsync("wants-it@example.com");

        var asked = await bob.PostAsync("/api/auth/change-email", new { newEmail = "has-it@example.com" });

        Assert.Equal(HttpStatusCode.OK, asked.Status);
        Assert.Equal("wants-it@example.com", (await bob.GetAsync("/api/auth/get-session")).Text("user", "email"));
        Assert.Equal("EMAIL_IS_THE_SAME", (await bob.PostAsync("/api/auth/change-email", new { newEmail = bob.Email })).Code);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("http://localhost:3000@evil.example/")]
    public async Task No_link_leads_to_strangers(string target)
    {
        var browser = await new Browser(_platform).SignUpAsync("redirects@example.com");

        var reset = await browser.PostAsync("/api/auth/request-password-reset", new { email = "a@example.com", redirectTo = target });
        var change = await browser.PostAsync("/api/auth/change-email", new { newEmail = "b@example.com", callbackURL = target });
        var social = await browser.PostAsync("/api/auth/sign-in/social", new { provider = "github", callbackURL = target });
        var opened = await browser.GetAsync($"/api/auth/reset-password/x?callbackURL={Uri.EscapeDataString(target)}");

        Assert.All([reset, change, social, opened], answer =>
            Assert.Equal((HttpStatusCode.Forbidden, "INVALID_CALLBACKURL"), (answer.Status, answer.Code)));
    }

    private static async Task<string> LinkAsync(string to, string subject)
    {
        var mail = await (await TestPlatform.Sandbox).MailAsync(to, subject, Ct);
        var link = mail.GetProperty("links").EnumerateArray().Select(link => link.GetString()!).First(link => link.Contains("token=", StringComparison.Ordinal) || link.Contains("/reset-password/", StringComparison.Ordinal));
        return new Uri(link).PathAndQuery;
    }
}
