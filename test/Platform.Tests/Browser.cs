using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Wopr.Platform.Tests;

/// <summary>Somebody's browser on the dashboard: it keeps cookies and follows nothing by itself.</summary>
public sealed class Browser(TestPlatform platform)
{
    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);

    public string? TenantId { get; set; }
    public string UserId { get; private set; } = "";
    public string Email { get; private set; } = "";

    public IReadOnlyDictionary<string, string> Cookies => _cookies;

    /// <summary>The same person on another replica.</summary>
    public Browser On(TestPlatform replica)
    {
        var other = new Browser(replica) { UserId = UserId, Email = Email, TenantId = TenantId };
        foreach (var (name, value) in _cookies) { other._cookies[name] = value; }
        return other;
    }

    public async Task<Browser> SignUpAsync(string email, string name = "Test User")
    {
        var answer = await PostAsync("/api/auth/sign-up/email", new { name, email, password = "Testpass1" });
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        (UserId, Email) = (answer.Text("user", "id"), email);
        return this;
    }

    public Task<Answer> SignInAsync(string email, string password = "Testpass1", bool rememberMe = true) =>
        PostAsync("/api/auth/sign-in/email", new { email, password, rememberMe });

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Answer> PostAsync(string path, object? body = null) => SendAsync(HttpMethod.Post, path, body ?? new { });

    public Task<Answer> QueryAsync(string procedure) => GetAsync($"/trpc/{procedure}");

    public Task<Answer> MutateAsync(string procedure, object input) => PostAsync($"/trpc/{procedure}", input);

    public async Task<bool> IsSignedInAsync() => (await GetAsync("/api/auth/get-session")).Body.ValueKind == JsonValueKind.Object;

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (_cookies.Count > 0) { request.Headers.Add("Cookie", string.Join("; ", _cookies.Select(cookie => $"{cookie.Key}={cookie.Value}"))); }
        if (TenantId is not null) { request.Headers.Add("x-tenant-id", TenantId); }
        if (body is not null) { request.Content = JsonContent.Create(body); }
        using var response = await platform.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Keep(response);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new(response.StatusCode, text, response.Headers.Location?.ToString() ?? "");
    }

    private void Keep(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out var cookies)) { return; }
        foreach (var cookie in cookies)
        {
            var parts = cookie.Split(';')[0].Split('=', 2);
            if (cookie.Contains("Max-Age=0", StringComparison.Ordinal)) { _cookies.Remove(parts[0]); }
            else { _cookies[parts[0]] = parts[1]; }
        }
    }
}

public sealed record Answer(HttpStatusCode Status, string Raw, string Location)
{
    public JsonElement Body => Raw.Length == 0 ? default : JsonElement.Parse(Raw);

    public string Code => Text("code");

    public JsonElement At(params string[] path) => path.Aggregate(Body, (element, name) => element.GetProperty(name));

    public string Text(params string[] path) => At(path).ToString();

    /// <summary>What a tRPC call answered.</summary>
    public JsonElement Data => At("result", "data");
}
