using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;
using Wopr.Protocol;
using Wopr.Testing;

namespace Wopr.Fleet.Tests.Links;

/// <summary>A replica with nothing but links in it; ask for another on the same database.</summary>
internal sealed class Replica : IAsyncDisposable
{
    public const string NodeSecret = "nodes-of-tests-share-this-0123456789";

    private static readonly TestPostgres s_postgres = new(
        Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(FleetModule).Assembly));

    private static readonly string s_objects = Directory.CreateTempSubdirectory("wopr-fleet-").FullName;

    private readonly WebApplication _app;

    private readonly bool _isFirst;

    private Replica(WebApplication app, NpgsqlDataSource source, bool isFirst) => (_app, Source, _isFirst) = (app, source, isFirst);

    public NpgsqlDataSource Source { get; }
    public Db Db => Get<Db>();
    public Uri Url => new(_app.Urls.First());
    public Fleet.Links Links => Get<Fleet.Links>();
    public OpenLinks Open => Get<OpenLinks>();
    public LinkKeys Keys => Get<LinkKeys>();
    public string InsideUrl => Get<InternalListener>().Url;

    public T Get<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    public static async Task<Replica> StartAsync(
        CancellationToken ct, NpgsqlDataSource? source = null, Action<IServiceCollection>? add = null, LinksPace? pace = null)
    {
        var isFirst = source is null;
        source ??= await s_postgres.CopyAsync(ct);
        var settings = new SettingsReader(new Dictionary<string, string>
        {
            ["PLATFORM_SECRET"] = "fedcba9876543210fedcba9876543210",
            ["NODE_SECRET"] = NodeSecret,
            ["OBJECTS_DIR"] = s_objects,
        });
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton(source).AddSingleton<Db>().AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(pace ?? new LinksPace { Beat = TimeSpan.FromMilliseconds(200), Gather = TimeSpan.FromMilliseconds(5) });
        add?.Invoke(builder.Services);
        builder.AddKernel();
        builder.AddVault(settings);
        builder.AddAudit();
        builder.AddLinks(settings);
        var app = builder.Build();
        app.UseRouting();
        app.MapLinks();
        await app.StartAsync(ct);
        return new(app, source, isFirst);
    }

    public Task<Replica> AnotherAsync(CancellationToken ct, Action<IServiceCollection>? add = null, LinksPace? pace = null) =>
        StartAsync(ct, Source, add, pace);

    /// <summary>What SIGTERM does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async Task<Guid> BotAsync(CancellationToken ct, int generation = 1, string? node = null)
    {
        var id = Guid.CreateVersion7();
        await Db.ExecuteAsync($"""
            insert into fleet.bot (id, tenant_id, ordinal, name, image, env, restart_policy, update_policy, release_channel, resource_tier,
                                   storage_tier, wish, generation, node_id, state, state_at, created_at, updated_at)
            values ({id}, {id.ToString("N")}, 1, 'bot', 'image', ''::bytea, 'always', 'manual', 'stable', 'free', 'free', 'run',
                    {generation}, {node}::text, 'provisioning', now(), now(), now())
            """, ct);
        return id;
    }

    public LinkClient Dial(string key, LinkAnswers? answers = null, Func<Link, CancellationToken, Task>? greet = null, Action<string>? says = null) =>
        new(new(Url, key, TimeProvider.System) { Says = says ?? (_ => { }) }, answers ?? new(), greet ?? ((_, _) => Task.CompletedTask));

    /// <summary>The first is disposed last.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        if (_isFirst) { await Source.DisposeAsync(); }
    }
}

internal static class Eventually
{
    /// <summary>Waits until it is so, and fails with the question when it never is.</summary>
    public static async Task IsAsync(Func<Task<bool>> so, CancellationToken ct,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(so))] string question = "")
    {
        for (var tries = 0; tries < 1500; tries++)
        {
            if (await so()) { return; }
            await Task.Delay(20, ct);
        }
        Assert.Fail($"Never came true: {question}");
    }

    public static Task IsAsync(Func<bool> so, CancellationToken ct,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(so))] string question = "") =>
        IsAsync(() => Task.FromResult(so()), ct, question);
}
