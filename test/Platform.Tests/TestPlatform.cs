using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Platform.Tests;

/// <summary>The whole Platform on a real port with a database of its own; ask for another replica of it.</summary>
public sealed class TestPlatform : IAsyncDisposable
{
    public const string UiOrigin = "http://localhost:3000";
    public const string AuthSecret = "0123456789abcdef0123456789abcdef";
    public const string AdminToken = "wopr_admin_for_tests";

    private static readonly TestPostgres s_postgres = new(Schema.Steps);
    private static readonly Lazy<Task<TestSandbox>> s_sandbox = new(() => TestSandbox.StartAsync(CancellationToken.None));

    private readonly WebApplication _app;

    private TestPlatform(WebApplication app, NpgsqlDataSource source, string address)
    {
        (_app, Source, Address) = (app, source, address);
        var plain = new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, Expect100ContinueTimeout = Patience.Max };
        Http = new(plain) { BaseAddress = new(address) };
        Http.DefaultRequestHeaders.Add("Origin", UiOrigin);
    }

    public NpgsqlDataSource Source { get; }
    public IServiceProvider Services => _app.Services;
    public string Address { get; }

    /// <summary>Where mail arrives; shared by the tests, so give every person an address of their own.</summary>
    public static Task<TestSandbox> Sandbox => s_sandbox.Value;

    /// <summary>Calls as the dashboard would, without cookies of its own.</summary>
    public HttpClient Http { get; }

    /// <summary>A platform with settings of its own.</summary>
    public static async Task<TestPlatform> StartAsync(CancellationToken ct, params (string Name, string Value)[] settings) =>
        await StartAsync(await s_postgres.CopyAsync(ct), ct, settings);

    public Task<TestPlatform> ReplicaAsync(CancellationToken ct, params (string Name, string Value)[] settings) =>
        StartAsync(Source, ct, settings);

    public static async Task<TestPlatform> StartAsync(
        NpgsqlDataSource source, CancellationToken ct, params (string Name, string Value)[] settings)
    {
        var sandbox = (await Sandbox).Url;
        var variables = new Dictionary<string, string>
        {
            ["PORT"] = "0",
            ["DATABASE_URL"] = TestPostgres.Url(source),
            ["BETTER_AUTH_SECRET"] = AuthSecret,
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
            ["ADMIN_TOKEN"] = AdminToken,
            ["UI_ORIGIN"] = UiOrigin,
            ["SANDBOX_URL"] = sandbox,
            ["STRIPE_WEBHOOK_SECRET"] = "whsec_for_tests",
            ["RATE_LIMIT_FACTOR"] = "100000",
            ["GITHUB_CLIENT_ID"] = "github-client",
            ["GITHUB_CLIENT_SECRET"] = "github-secret-for-tests",
            ["GITHUB_BASE_URL"] = $"{sandbox}/github",
            ["GITHUB_API_URL"] = $"{sandbox}/github/api",
            ["GOOGLE_CLIENT_ID"] = "google-client",
            ["GOOGLE_CLIENT_SECRET"] = "google-secret-for-tests",
            ["GOOGLE_BASE_URL"] = $"{sandbox}/google",
        };
        foreach (var (name, value) in settings) { variables[name] = value; }
        var app = Server.Build(new SettingsReader(variables))
            ?? throw new InvalidOperationException("The test configuration has faults.");
        await app.StartAsync(ct);
        var address = app.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        return new(app, source, address);
    }

    /// <summary>Signs somebody up and returns the cookie as it would be sent back.</summary>
    public async Task<(string Cookie, string UserId)> SignUpAsync(string email, CancellationToken ct, string password = "Testpass1")
    {
        var response = await Http.PostAsJsonAsync("/api/auth/sign-up/email", new { name = "Test User", email, password }, ct);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(ct);
        return (CookieOf(response), body.GetProperty("user").GetProperty("id").GetString()!);
    }

    public Task<HttpResponseMessage> GetAsync(string path, string? cookie, CancellationToken ct) =>
        SendAsync(HttpMethod.Get, path, cookie, body: null, ct);

    public Task<HttpResponseMessage> PostAsync(string path, string? cookie, object? body, CancellationToken ct) =>
        SendAsync(HttpMethod.Post, path, cookie, body, ct);

    public static string CookieOf(HttpResponseMessage response) =>
        response.Headers.GetValues("Set-Cookie").Single().Split(';')[0];

    /// <summary>A stopped bot, as if the tenant had made it.</summary>
    public async Task<Guid> AddBotAsync(string tenant, CancellationToken ct)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var sealedEnv = Services.GetRequiredService<Vault>().Seal("fleet-env", id.ToString(), "{}"u8.ToArray());
        await ExecuteAsync($"""
            insert into fleet.bot (id, tenant_id, ordinal, name, image, env, restart_policy, update_policy, release_channel, resource_tier,
                                   storage_tier, wish, state, state_at, created_at, updated_at)
            values ('{id}', '{tenant}', 1, 'robby', 'ghcr.io/wopr-network/wopr:latest', '\\x{Convert.ToHexString(sealedEnv)}', 'no', 'manual',
                    'stable', 'standard', 'standard', 'stop', 'stopped', now(), now(), now());
            insert into fleet.tenant (tenant_id) values ('{tenant}') on conflict do nothing
            """, ct);
        return id;
    }

    /// <summary>Until the question is answered with yes.</summary>
    public async Task UntilAsync(string question, CancellationToken ct)
    {
        for (var tries = 0; tries < 600; tries++)
        {
#pragma warning disable CA2100 // Tests write their own SQL.
            await using var command = Source.CreateCommand(question);
#pragma warning restore CA2100
            if (await command.ExecuteScalarAsync(ct) is true) { return; }
            await Task.Delay(100, ct);
        }
        Assert.Fail($"It did not come to be: {question}");
    }

    /// <summary>Changes the database behind the platform's back.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken ct)
    {
#pragma warning disable CA2100 // Tests write their own SQL.
        await using var command = Source.CreateCommand(sql);
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>What SIGTERM does.</summary>
    public Task StopAsync()
    {
        _app.Lifetime.StopApplication();
        return _app.StopAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? cookie, object? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path);
        if (cookie is not null) { request.Headers.Add("Cookie", cookie); }
        if (body is not null) { request.Content = JsonContent.Create(body); }
        return await Http.SendAsync(request, ct);
    }
}
