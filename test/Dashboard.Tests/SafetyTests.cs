using System.Net;
using Wopr.Dashboard.Http;
using Wopr.Platform.Tests;

namespace Wopr.Dashboard.Tests;

public sealed class SafetyTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://evil.example", null)]
    [InlineData("null", null)]
    [InlineData(null, null)]
    [InlineData(null, "cross-site")]
    [InlineData(TestPlatform.UiOrigin, "same-site")]
    [InlineData(TestPlatform.UiOrigin, "cross-site")]
    public async Task A_form_sent_from_another_site_changes_nothing(string? origin, string? fetchSite)
    {
        var (cookie, _) = await site.Platform.SignUpAsync($"csrf-{origin?.Length}-{fetchSite}@example.com", Ct);

        var answer = await PostAsync("/logout", cookie, origin, fetchSite);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        var session = await site.Platform.GetAsync("/api/auth/get-session", cookie, Ct);
        Assert.NotEqual("null", await session.Content.ReadAsStringAsync(Ct));
    }

    [Theory]
    [InlineData(TestPlatform.UiOrigin, null)]
    [InlineData(TestPlatform.UiOrigin, "same-origin")]
    [InlineData(null, "same-origin")]
    public async Task A_form_of_our_own_is_accepted(string? origin, string? fetchSite)
    {
        var (cookie, _) = await site.Platform.SignUpAsync($"own-{origin?.Length}-{fetchSite}@example.com", Ct);

        var answer = await PostAsync("/logout", cookie, origin, fetchSite);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
    }

    [Theory]
    [InlineData("/account", "/account")]
    [InlineData("/tokens?x=1", "/tokens?x=1")]
    [InlineData("https://evil.example/", "/")]
    [InlineData("//evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    [InlineData("\\\\evil.example", "/")]
    [InlineData("/\t/evil.example", "/")]
    [InlineData("javascript:alert(1)", "/")]
    [InlineData("", "/")]
    [InlineData(null, "/")]
    public void After_signing_in_one_is_only_ever_sent_to_a_page_of_ours(string? next, string expected) =>
        Assert.Equal(expected, NextUrl.Safe(next));

    [Fact]
    public async Task A_personal_page_is_never_stored()
    {
        var (cookie, _) = await site.Platform.SignUpAsync("cache@example.com", Ct);
        foreach (var path in (string[])["/", "/account", "/login", "/nowhere"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Add("Cookie", cookie);
            var answer = await site.Http.SendAsync(request, Ct);
            Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        }
    }

    [Fact]
    public async Task A_file_is_kept_for_ever_only_under_the_name_of_its_content()
    {
        var page = await site.Http.GetStringAsync("/login", Ct);
        var address =
            System.Text.RegularExpressions.Regex.Match(page, "href=\"(/css/base.css\\?v=[0-9a-f]+)\"").Groups[1].Value;

        var named = await site.Http.GetAsync(address, Ct);
        var stale = await site.Http.GetAsync("/css/base.css?v=0", Ct);

        Assert.Equal("public, max-age=31536000, immutable", named.Headers.CacheControl?.ToString());
        Assert.Equal("no-cache", stale.Headers.CacheControl?.ToString());
    }

    [Fact]
    public async Task Pages_run_nothing_but_our_own_files()
    {
        var answer = await site.Http.GetAsync("/login", Ct);
        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();

        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Health_says_who_answers() => Assert.Equal(
        """{"status":"ok","service":"wopr-platform-ui"}""", await site.Http.GetStringAsync("/health", Ct));

    [Fact]
    public async Task With_the_platform_gone_a_page_says_so_in_plain_words()
    {
        await using var alone = Site.Start("http://127.0.0.1:9");
        await alone.StartAsync(Ct);
        using var http = new HttpClient { BaseAddress = new(Site.AddressOf(alone)) };
        http.DefaultRequestHeaders.Add("Cookie", "better-auth.session_token=x");

        var answer = await http.GetAsync("/account", Ct);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("WOPR does not answer right now", await answer.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/health", Ct)).StatusCode);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string cookie, string? origin, string? fetchSite)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent([]) };
        request.Headers.Add("Cookie", cookie);
        if (origin is not null) { request.Headers.Add("Origin", origin); }
        if (fetchSite is not null) { request.Headers.Add("Sec-Fetch-Site", fetchSite); }
        return await site.Http.SendAsync(request, Ct);
    }
}
