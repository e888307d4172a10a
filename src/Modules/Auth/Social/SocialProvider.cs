using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Auth;

/// <summary>Who a provider says somebody is.</summary>
/// <param name="Email">Null when the provider does not vouch for one.</param>
internal sealed record SocialProfile(string AccountId, string Name, string? Email, string? Image);

/// <summary>A place people can sign in with (OAuth 2 authorization code with PKCE).</summary>
internal sealed record SocialProvider(
    string Name, string ClientId, string ClientSecret, Uri AuthorizeUrl, Uri TokenUrl, string Scopes,
    Func<HttpClient, string, CancellationToken, Task<SocialProfile>> ReadProfile)
{
    public static IEnumerable<SocialProvider> Of(SocialOptions options)
    {
        if (options is { GitHubClientId: { } gitHubId, GitHubClientSecret: { } gitHubSecret })
        {
            yield return new("github", gitHubId, gitHubSecret,
                At(options.GitHubBaseUrl, "/login/oauth/authorize"), At(options.GitHubBaseUrl, "/login/oauth/access_token"),
                "read:user user:email",
                (http, token, ct) => GitHubAsync(http, options.GitHubApiUrl, token, ct));
        }
        if (options is { GoogleClientId: { } googleId, GoogleClientSecret: { } googleSecret })
        {
            Uri Google(string host, string path) => At(options.GoogleBaseUrl ?? new($"https://{host}"), path);
            yield return new("google", googleId, googleSecret,
                Google("accounts.google.com", "/o/oauth2/v2/auth"), Google("oauth2.googleapis.com", "/token"),
                "openid email profile",
                (http, token, ct) => GoogleAsync(http, Google("openidconnect.googleapis.com", "/v1/userinfo"), token, ct));
        }
    }

    private static async Task<SocialProfile> GitHubAsync(HttpClient http, Uri api, string token, CancellationToken ct)
    {
        var user = await GetAsync<GitHubUser>(http, At(api, "/user"), token, ct);
        var emails = await GetAsync<GitHubEmail[]>(http, At(api, "/user/emails"), token, ct);
        var email = emails.FirstOrDefault(address => address is { Primary: true, Verified: true })
            ?? emails.FirstOrDefault(address => address.Verified);
        return new($"{user.Id}", user.Name ?? user.Login, email?.Email, user.AvatarUrl);
    }

    private static async Task<SocialProfile> GoogleAsync(HttpClient http, Uri userInfo, string token, CancellationToken ct)
    {
        var user = await GetAsync<GoogleUser>(http, userInfo, token, ct);
        return new(user.Sub, user.Name ?? user.Email ?? "Google user", user.EmailVerified ? user.Email : null, user.Picture);
    }

    // The base may have a path of its own.
    private static Uri At(Uri host, string path) => new(host.AbsoluteUri.TrimEnd('/') + path);

    private static async Task<T> GetAsync<T>(HttpClient http, Uri url, string token, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.Accept.Add(new("application/json"));
        using var response = await http.SendAsync(request, ct);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<T>(ct) ?? throw new JsonException("The provider answered with null.");
    }

    private sealed record GitHubUser(long Id, string Login, string? Name, [property: JsonPropertyName("avatar_url")] string? AvatarUrl);

    private sealed record GitHubEmail(string Email, bool Primary, bool Verified);

    private sealed record GoogleUser(
        string Sub, string? Email, [property: JsonPropertyName("email_verified")] bool EmailVerified, string? Name, string? Picture);
}
