using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests;

public sealed class SocialSignInTests
{
    private const string Back = "http://localhost:3100/api/auth/callback/any?keep=1";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GitHub_tells_who_somebody_is()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var code = await CodeAsync(sandbox, "/github/login/oauth/authorize", "ann@example.com");

        var token = await ChangeAsync(sandbox, "/github/login/oauth/access_token", code);
        var user = await GetAsync(sandbox, "/github/api/user", token.GetProperty("access_token").GetString()!);
        var emails = await GetAsync(sandbox, "/github/api/user/emails", token.GetProperty("access_token").GetString()!);

        Assert.Equal("ann", user.GetProperty("login").GetString());
        Assert.Equal(JsonValueKind.Null, user.GetProperty("email").ValueKind);
        Assert.Equal("""[{"email":"ann@example.com","primary":true,"verified":true,"visibility":"private"}]""", emails.GetRawText());
        Assert.Equal(HttpStatusCode.Unauthorized, (await sandbox.Http.GetAsync("/github/api/user", Ct)).StatusCode);
    }

    [Fact]
    public async Task A_code_works_once_and_for_the_client_it_was_made_for()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var code = await CodeAsync(sandbox, "/github/login/oauth/authorize", "ann@example.com");
        var other = await CodeAsync(sandbox, "/github/login/oauth/authorize", "ann@example.com");

        Assert.True((await ChangeAsync(sandbox, "/github/login/oauth/access_token", code)).TryGetProperty("access_token", out _));
        Assert.True((await ChangeAsync(sandbox, "/github/login/oauth/access_token", code)).TryGetProperty("error", out _));
        Assert.True((await ChangeAsync(sandbox, "/github/login/oauth/access_token", other, client: "them")).TryGetProperty("error", out _));
    }

    [Fact]
    public async Task Google_signs_who_somebody_is()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var code = await CodeAsync(sandbox, "/google/o/oauth2/v2/auth", "bob+unverified@example.com", "&nonce=n1");

        var answer = await ChangeAsync(sandbox, "/google/token", code);
        var parts = answer.GetProperty("id_token").GetString()!.Split('.');
        var claims = JsonSerializer.Deserialize<JsonElement>(Base64Url.DecodeFromChars(parts[1]));
        var info = await GetAsync(sandbox, "/google/v1/userinfo", answer.GetProperty("access_token").GetString()!);
        var key = (await sandbox.Http.GetFromJsonAsync<JsonElement>("/google/oauth2/v3/certs", Ct)).GetProperty("keys")[0];

        using var rsa = RSA.Create(new RSAParameters
        {
            Modulus = Base64Url.DecodeFromChars(key.GetProperty("n").GetString()),
            Exponent = Base64Url.DecodeFromChars(key.GetProperty("e").GetString()),
        });
        Assert.True(rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]),
            HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        Assert.Equal(("us", "n1", "bob+unverified@example.com", false), (claims.GetProperty("aud").GetString()!,
            claims.GetProperty("nonce").GetString()!, claims.GetProperty("email").GetString()!,
            claims.GetProperty("email_verified").GetBoolean()));
        Assert.Equal(claims.GetProperty("sub").GetString(), info.GetProperty("sub").GetString());
    }

    [Fact]
    public async Task A_challenge_must_be_met()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        const string verifier = "0123456789012345678901234567890123456789abc";
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var query = $"&code_challenge={challenge}&code_challenge_method=S256";
        var with = await CodeAsync(sandbox, "/google/o/oauth2/v2/auth", "a@example.com", query);
        var without = await CodeAsync(sandbox, "/google/o/oauth2/v2/auth", "a@example.com", query);

        Assert.True((await ChangeAsync(sandbox, "/google/token", with, verifier: verifier)).TryGetProperty("access_token", out _));
        Assert.Equal("invalid_grant", (await ChangeAsync(sandbox, "/google/token", without)).GetProperty("error").GetString());
    }

    [Fact]
    public async Task Without_a_hint_it_asks_and_takes_no_for_an_answer()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var path = $"/github/login/oauth/authorize?client_id=us&state=s1&redirect_uri={Uri.EscapeDataString(Back)}";

        var page = await sandbox.Http.GetStringAsync(path, Ct);
        var yes = await PostAsync(sandbox, path, new() { ["email"] = "ann@example.com" });
        var no = await PostAsync(sandbox, path, new() { ["email"] = "", ["cancel"] = "yes" });

        Assert.Contains("name=\"email\"", page, StringComparison.Ordinal);
        Assert.StartsWith($"{Back}&code=", yes.Headers.Location!.ToString(), StringComparison.Ordinal);
        Assert.Equal($"{Back}&error=access_denied&state=s1", no.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.BadRequest,
            (await sandbox.Http.GetAsync("/github/login/oauth/authorize?client_id=us&redirect_uri=javascript:1", Ct)).StatusCode);
    }

    private static async Task<string> CodeAsync(TestSandbox sandbox, string path, string email, string more = "")
    {
        var answer = await sandbox.Http.GetAsync($"{path}?client_id=us&state=s1&redirect_uri={Uri.EscapeDataString(Back)}"
            + $"&login_hint={Uri.EscapeDataString(email)}{more}", Ct);
        var query = QueryHelpers.ParseQuery(answer.Headers.Location!.Query);
        Assert.Equal("s1", query["state"].ToString());
        return query["code"].ToString();
    }

    private static async Task<JsonElement> ChangeAsync(
        TestSandbox sandbox, string path, string code, string client = "us", string verifier = "")
    {
        var answer = await PostAsync(sandbox, path, new()
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = client,
            ["client_secret"] = "anything",
            ["code"] = code,
            ["redirect_uri"] = Back,
            ["code_verifier"] = verifier,
        });
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }

    private static async Task<HttpResponseMessage> PostAsync(TestSandbox sandbox, string path, Dictionary<string, string> form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Accept.ParseAdd("application/json");
        return await sandbox.Http.SendAsync(request, Ct);
    }

    private static async Task<JsonElement> GetAsync(TestSandbox sandbox, string path, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new("Bearer", token);
        var answer = await sandbox.Http.SendAsync(request, Ct);
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }
}
