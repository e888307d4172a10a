using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Gateway.Keys;
using Wopr.Kernel;
using Wopr.Notices;
using Wopr.Testing;

namespace Wopr.Gateway.Tests.Keys;

/// <summary>A clock that runs, and can be moved ahead.</summary>
internal sealed class AheadClock : TimeProvider
{
    private long _ahead;

    public void Pass(TimeSpan time) => Interlocked.Add(ref _ahead, time.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref _ahead));

    public override long GetTimestamp() =>
        System.GetTimestamp() + (long)(Interlocked.Read(ref _ahead) / (decimal)TimeSpan.TicksPerSecond * TimestampFrequency);
}

/// <summary>A database with keys in it, and as many replicas as a test starts.</summary>
internal sealed class TestKeys : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres = new(Migration.Of(
        typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(NoticesModule).Assembly, typeof(AuthModule).Assembly,
        typeof(GatewayModule).Assembly));

    private readonly List<TestReplica> _replicas = [];

    private TestKeys(NpgsqlDataSource source)
    {
        Source = source;
        Db = new(source);
        Verbs = new(Db, new AuditLog(), Clock);
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public NpgsqlDataSource Source { get; }
    public Db Db { get; }
    public AheadClock Clock { get; } = new();
    public GatewayKeys Verbs { get; }

    public static async Task<TestKeys> StartAsync()
    {
        var keys = new TestKeys(await s_postgres.CopyAsync(Ct));
        await keys.AddTenantAsync("t1");
        await keys.AddTenantAsync("t2");
        return keys;
    }

    public static Actor Of(string tenant) =>
        new(ActorKind.User, tenant) { UserId = tenant, TenantId = tenant, Role = Role.Owner, Scope = Scope.Write };

    public Task AddTenantAsync(string id) => Db.ExecuteAsync(
        $"insert into auth.tenant (id, name, kind, created_at) values ({id}, {id}, 'personal', now())", Ct);

    public async Task<NewGatewayKey> MakeAsync(CreateGatewayKey? request = null, string tenant = "t1")
    {
        var made = await Verbs.CreateAsync(Of(tenant), request ?? new("Nightly report"), Ct);
        return made.Succeeded(out var key, out var problem) ? key : throw new InvalidOperationException(problem.Detail);
    }

    /// <param name="hears">Without it nothing tells the replica of changes.</param>
    public async Task<TestReplica> ReplicaAsync(bool hears = true, int requestsPerMinute = 0, NpgsqlDataSource? source = null)
    {
        var replica = new TestReplica(source ?? Source, Clock, new() { RequestsPerMinute = requestsPerMinute });
        _replicas.Add(replica);
        if (hears) { await replica.ListenAsync(); }
        return replica;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas) { await replica.DisposeAsync(); }
        await Source.DisposeAsync();
    }
}

/// <summary>What one Platform process has of the keys. Its limits are shared when a test says so.</summary>
internal sealed class TestReplica : IAsyncDisposable
{
    private readonly Listener _listener;
    private readonly Lines _lines;

    public TestReplica(NpgsqlDataSource source, TimeProvider time, KeysOptions options)
    {
        var db = new Db(source);
        _lines = new(Said);
        _listener = new(source, NullLogger<Listener>.Instance);
        Limits = new(db, options, time, new Lines<KeyLimits>(_lines));
        Lookups = new(db, new TenantDirectory(), Limits, time, new Lines<KeyLookups>(_lines));
        Ring = new(Lookups, _listener, time);
    }

    public KeyLimits Limits { get; }
    public KeyLookups Lookups { get; }
    public KeyRing Ring { get; }

    /// <summary>What it logged.</summary>
    public ConcurrentQueue<string> Said { get; } = new();

    public ValueTask<GatewayKey?> FindAsync(string secret) => Ring.FindAsync(secret, TestKeys.Ct);

    public async Task<GatewayKey> KnowAsync(string secret) =>
        await FindAsync(secret) ?? throw new InvalidOperationException("The key is not known.");

    /// <summary>Whether it is found without waiting for anything.</summary>
    public bool HasAtHand(string secret)
    {
        var found = Ring.FindAsync(secret, CancellationToken.None);
        return found.IsCompletedSuccessfully;
    }

    public Task SyncAsync() => Limits.SyncAsync(TestKeys.Ct);

    /// <summary>Returns when news is heard for certain.</summary>
    public async Task ListenAsync()
    {
        var heard = new TaskCompletionSource();
        using var first = _listener.On("gateway_key", payload => { if (payload is null) { heard.TrySetResult(); } });
        await _listener.StartAsync(TestKeys.Ct);
        await heard.Task.WaitAsync(Patience.Max, TestKeys.Ct);
        // The ring is told in the same breath, before or after.
        await Task.Delay(50, TestKeys.Ct);
    }

    public async ValueTask DisposeAsync()
    {
        Ring.Dispose();
        Limits.Dispose();
        await _listener.StopAsync(CancellationToken.None);
        _listener.Dispose();
    }

    private sealed class Lines(ConcurrentQueue<string> said)
    {
        public void Add(string line) => said.Enqueue(line);
    }

    private sealed class Lines<T>(Lines lines) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add($"{formatter(state, exception)} {exception}");
    }
}
