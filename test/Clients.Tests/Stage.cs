using Microsoft.AspNetCore.Builder;
using Npgsql;
using Wopr.Clients.Tests;
using Wopr.Kernel;
using Wopr.Platform;
using Wopr.Testing;

[assembly: AssemblyFixture(typeof(Stage))]

namespace Wopr.Clients.Tests;

/// <summary>A Platform, the outside world it speaks with, and the packages from npm; every story is a person of its own.</summary>
public sealed class Stage : IAsyncLifetime
{
    private static readonly string s_webhookSecret = $"whsec_{Token.New()}";

    private NpgsqlDataSource _source = null!;
    private TestSandbox _sandbox = null!;
    private ModelTarget _models = null!;
    private readonly Dictionary<string, ModelTarget> _gateways = [];
    private WebApplication _platform = null!;

    public async ValueTask InitializeAsync()
    {
        var ct = TestContext.Current.CancellationToken;
        var packages = NpmPackages.EnsureAsync(ct);
        _source = await new TestPostgres(Schema.Steps).CopyAsync(ct);
        _sandbox = await TestSandbox.StartAsync(ct);
        _models = await ModelTarget.OfSandboxAsync(_sandbox, ct);
        _platform = Server.Build(new SettingsReader(new Dictionary<string, string>
        {
            ["PORT"] = "0",
            ["DATABASE_URL"] = TestPostgres.Url(_source),
            ["BETTER_AUTH_SECRET"] = "0123456789abcdef0123456789abcdef",
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
            ["UI_ORIGIN"] = "http://localhost:3000",
            ["RATE_LIMIT_FACTOR"] = "100000",
            ["SANDBOX_URL"] = _sandbox.Url,
            ["STRIPE_SECRET_KEY"] = "sk_test_0123456789",
            ["STRIPE_API_BASE"] = _sandbox.Url,
            ["STRIPE_WEBHOOK_SECRET"] = s_webhookSecret,
            ["GITHUB_CLIENT_ID"] = "client",
            ["GITHUB_CLIENT_SECRET"] = "secret",
            ["GITHUB_BASE_URL"] = $"{_sandbox.Url}/github",
            ["GITHUB_API_URL"] = $"{_sandbox.Url}/github/api",
        })) ?? throw new InvalidOperationException("The test configuration has faults.");
        await _platform.StartAsync(ct);
        foreach (var dialect in (string[])["openai", "anthropic"])
        {
            _gateways[dialect] = await ModelTarget.OfGatewayAsync(_platform.Services, _sandbox, Address, dialect, ct);
        }
        await packages;
    }

    private string Address => _platform.Urls.First().Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);

    /// <summary>Null when the story came to its end; else the step it failed at, and why.</summary>
    /// <param name="provider">Of the gateway's that answer, which; null for the sandbox itself.</param>
    internal Task<string?> PlayAsync(string story, CancellationToken ct, string? provider = null) => Story.PlayAsync(story, new(
        (provider is null ? _models : _gateways[provider]).Variables)
    {
        ["PLATFORM"] = Address,
        ["SANDBOX"] = _sandbox.Url,
        ["STRIPE_WEBHOOK_SECRET"] = s_webhookSecret,
    }, ct);

    public async ValueTask DisposeAsync()
    {
        await _platform.StopAsync();
        await _platform.DisposeAsync();
        await _sandbox.DisposeAsync();
        await _source.DisposeAsync();
    }
}
