using System.Net;

namespace Wopr.Platform.Tests;

public sealed class SocialTests : IAsyncLifetime
{
    private TestPlatform _platform = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _platform = await TestPlatform.StartAsync(Ct);

    public ValueTask DisposeAsync() => _platform.DisposeAsync();

    [Theory]
    [InlineData("github")]
    [InlineData("google")]
    public async Task Who_a_provider_vouches_for_gets_an_account_and_comes_back_to_it(string provider)
    {
        var (first, second) = (new Browser(_platform), new Browser(_platform));

        Assert.Equal($"{TestPlatform.UiOrigin}/welcome", await EnterAsync(first, provider, $"vouched-{provider}@example.com"));
        await EnterAsync(second, provider, $"vouched-{provider}@example.com");

        var (one, two) = (await first.GetAsync("/api/auth/get-session"), await second.GetAsync("/api/auth/get-session"));
        Assert.Equal(one.Text("user", "id"), two.Text("user", "id"));
        Assert.True(one.At("user", "emailVerified").GetBoolean());
    }

    [Fact]
    public async Task An_account_whose_address_nobody_proved_is_not_joined()
    {
        await new Browser(_platform).SignUpAsync("planted@example.com");
        var owner = new Browser(_platform);

        var target = await EnterAsync(owner, "github", "planted@example.com");

        Assert.Equal($"{TestPlatform.UiOrigin}/login?error=account_not_linked", target);
        Assert.False(await owner.IsSignedInAsync());
    }

    [Fact]
    public async Task Somebody_elses_sign_in_cannot_be_slipped_under()
    {
        var (thief, victim) = (new Browser(_platform), new Browser(_platform));
        var callback = await ApproveAsync(thief, "github", "thief@example.com");

        var answer = await victim.GetAsync(callback);

        Assert.EndsWith("error=state_mismatch", answer.Location, StringComparison.Ordinal);
        Assert.False(await victim.IsSignedInAsync());
    }

    [Fact]
    public async Task A_linked_provider_is_a_further_way_in_and_the_last_way_stays()
    {
        var ann = await new Browser(_platform).SignUpAsync("links@example.com");
        var begun = await ann.PostAsync("/api/auth/link-social", new { provider = "google", callbackURL = "/account" });
        await ann.GetAsync(await ApproveAsync(begun.Text("url"), "ann-elsewhere@example.com"));
        Assert.Equal(["credential", "google"], await ProvidersAsync(ann));

        var elsewhere = new Browser(_platform);
        await EnterAsync(elsewhere, "google", "ann-elsewhere@example.com");
        Assert.Equal(ann.UserId, (await elsewhere.GetAsync("/api/auth/get-session")).Text("user", "id"));

        Assert.Equal(HttpStatusCode.OK, (await ann.PostAsync("/api/auth/unlink-account", new { providerId = "google" })).Status);
        Assert.Equal("FAILED_TO_UNLINK_LAST_ACCOUNT", (await ann.PostAsync("/api/auth/unlink-account", new { providerId = "credential" })).Code);
    }

    [Fact]
    public async Task An_unknown_provider_is_not_found()
    {
        var answer = await new Browser(_platform).PostAsync("/api/auth/sign-in/social", new { provider = "myspace" });

        Assert.Equal((HttpStatusCode.NotFound, "PROVIDER_NOT_FOUND", "Provider not found"), (answer.Status, answer.Code, answer.Text("message")));
    }

    private static async Task<string> EnterAsync(Browser browser, string provider, string email) =>
        (await browser.GetAsync(await ApproveAsync(browser, provider, email))).Location;

    private static async Task<string> ApproveAsync(Browser browser, string provider, string email)
    {
        var begun = await browser.PostAsync("/api/auth/sign-in/social", new { provider, callbackURL = "/welcome" });
        return await ApproveAsync(begun.Text("url"), email);
    }

    /// <summary>What the provider's page does when the person agrees: back to us with a code.</summary>
    private static async Task<string> ApproveAsync(string url, string email)
    {
        var page = await (await TestPlatform.Sandbox).Http.GetAsync($"{url}&login_hint={Uri.EscapeDataString(email)}", Ct);
        return page.Headers.Location!.PathAndQuery;
    }

    private static async Task<string[]> ProvidersAsync(Browser browser) =>
        [.. (await browser.GetAsync("/api/auth/list-accounts")).Body.EnumerateArray().Select(account => account.GetProperty("providerId").GetString()!)];
}
