using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

internal sealed record Answer(HttpStatusCode Status, string Raw)
{
    public bool IsGood => (int)Status is >= 200 and < 300;

    public string Code => Text("code");

    public string Text(params string[] path)
    {
        var element = JsonElement.Parse(Raw);
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) { return ""; }
        }
        return element.ToString();
    }
}

/// <summary>Somebody at an address of their own, with a cookie. All of 127.0.0.0/8 is this machine.</summary>
internal sealed class Caller : IDisposable
{
    public const string Password = "Testpass1";
    public const string AdminToken = "wopr_admin_end_to_end";
    private const string Origin = "http://localhost:3000";

    private readonly HttpClient _http;

    public Caller(Uri at, string from = "127.0.0.1")
    {
        var handler = new SocketsHttpHandler
        {
            UseCookies = false,
            ConnectCallback = async (context, ct) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                    await socket.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, ct);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        _http = new(handler) { BaseAddress = at, Timeout = Patience.Max };
    }

    public string? Cookie { get; private set; }
    public string? TenantId { get; set; }
    public string? Bearer { get; set; }
    public string? ForwardedFor { get; set; }
    public string UserId { get; private set; } = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The same person, calling something else.</summary>
    public Caller At(Uri other, string from = "127.0.0.1") => new(other, from) { Cookie = Cookie, TenantId = TenantId, UserId = UserId };

    public async Task<Caller> SignUpAsync(string email)
    {
        var answer = await PostAsync("/api/auth/sign-up/email", new { name = "Test User", email, password = Password });
        Assert.Equal((HttpStatusCode.OK, ""), (answer.Status, answer.Code));
        UserId = answer.Text("user", "id");
        return this;
    }

    public Task<Answer> SignInAsync(string email, string password = Password) =>
        PostAsync("/api/auth/sign-in/email", new { email, password });

    public async Task<bool> IsSignedInAsync() => (await GetAsync("/api/auth/get-session")).Text("user", "id").Length > 0;

    public Task<Answer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    public Task<Answer> PostAsync(string path, object body) => SendAsync(HttpMethod.Post, path, body);

    public async Task<Answer> SendAsync(HttpMethod method, string path, object? body)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Origin", Origin);
        if (Cookie is not null) { request.Headers.Add("Cookie", Cookie); }
        if (TenantId is not null) { request.Headers.Add("x-tenant-id", TenantId); }
        if (Bearer is not null) { request.Headers.Add("Authorization", $"Bearer {Bearer}"); }
        if (ForwardedFor is not null) { request.Headers.Add("X-Forwarded-For", ForwardedFor); }
        if (body is not null) { request.Content = JsonContent.Create(body); }
        using var response = await _http.SendAsync(request, Ct);
        if (response.Headers.TryGetValues("Set-Cookie", out var cookies)) { Cookie = cookies.Last().Split(';')[0]; }
        return new(response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }

    public void Dispose() => _http.Dispose();
}
