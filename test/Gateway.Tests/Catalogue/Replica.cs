using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wopr.Audit;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Routing;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Gateway.Tests.Catalogue;

/// <summary>One process that knows models and routes; start more of them on one database.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(
        typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(GatewayModule).Assembly));

    private readonly IHost _host;
    private readonly bool _ownsDatabase;

    private Replica(IHost host, NpgsqlDataSource source, bool ownsDatabase) =>
        (_host, Source, _ownsDatabase) = (host, source, ownsDatabase);

    public NpgsqlDataSource Source { get; }

    public Db Db => Get<Db>();

    public ModelCatalogue Catalogue => Get<ModelCatalogue>();

    public Router Router => Get<Router>();

    public static Dictionary<string, string> Keys { get; } = new()
    {
        ["PLATFORM_SECRET"] = "0123456789abcdef0123456789abcdef",
        ["OPENROUTER_API_KEY"] = "or-key-for-tests",
        ["OPENAI_API_KEY"] = "oa-key-for-tests",
        ["ANTHROPIC_API_KEY"] = "an-key-for-tests",
    };

    public static Task<NpgsqlDataSource> DatabaseAsync(CancellationToken ct) => s_postgres.CopyAsync(ct);

    public static async Task<Replica> StartAsync(
        CancellationToken ct, NpgsqlDataSource? source = null, Dictionary<string, string>? settings = null, BreakerPace? pace = null)
    {
        var ownsDatabase = source is null;
        source ??= await DatabaseAsync(ct);
        var reader = new SettingsReader(settings ?? Keys);
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton(source).AddSingleton<Db>().AddSingleton(TimeProvider.System);
        builder.AddKernel();
        builder.AddVault(reader);
        builder.AddAudit();
        builder.AddCatalogue(reader);
        if (pace is not null) { builder.Services.AddSingleton(pace); }
        Assert.Empty(reader.Faults);
        var host = builder.Build();
        await host.StartAsync(ct);
        return new(host, source, ownsDatabase);
    }

    public T Get<T>() where T : notnull => _host.Services.GetRequiredService<T>();

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        if (_ownsDatabase) { await Source.DisposeAsync(); }
    }
}

internal static class Eventually
{
    /// <summary>Waits until it is so, and fails with the question when it is not in time.</summary>
    public static async Task IsAsync(Func<bool> so, CancellationToken ct, int seconds = 10,
        [CallerArgumentExpression(nameof(so))] string question = "")
    {
        for (var tries = 0; tries < seconds * 100; tries++)
        {
            if (so()) { return; }
            await Task.Delay(10, ct);
        }
        Assert.Fail($"Never came true: {question}");
    }
}
