using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Wopr.Audit;
using Wopr.Credits.Metering;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Credits.Tests;

/// <summary>A database with the ledger in it, and as many replicas of its writer as a test starts.</summary>
internal sealed class TestLedger : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres =
        new([.. Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(CreditsModule).Assembly)]);

    private readonly List<TestReplica> _replicas = [];

    private TestLedger(NpgsqlDataSource source)
    {
        Source = source;
        Db = new(source);
        Ledger = new(new Outbox(TimeProvider.System), new AuditLog());
    }

    public static Actor Admin { get; } = new(ActorKind.Token, "admin") { IsPlatformAdmin = true };

    public NpgsqlDataSource Source { get; }
    public Db Db { get; }
    public Ledger Ledger { get; }

    public static async Task<TestLedger> CreateAsync(CancellationToken ct) => new(await s_postgres.CopyAsync(ct));

    public async Task<TestReplica> StartAsync(CancellationToken ct, TimeSpan? promiseMax = null)
    {
        TestReplica replica = new(this, promiseMax ?? new WriterPace().PromiseMax);
        _replicas.Add(replica);
        await replica.StartAsync(ct);
        return replica;
    }

    public Task<Posted> PayAsync(string tenant, string reference, Money amount, CancellationToken ct) =>
        Ledger.CreditAsync(Db, new(tenant, reference, EntryKind.Purchase, amount, "A pack"), ct);

    public Task<TenantBalance> BalanceAsync(string tenant, CancellationToken ct) => Ledger.BalanceAsync(Db, tenant, ct);

    public WriterSweep Sweep() => new(Db, TimeProvider.System, NullLogger<WriterSweep>.Instance);

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas) { await replica.DisposeAsync(); }
        await Source.DisposeAsync();
    }
}

/// <summary>What one Platform process has of the ledger.</summary>
internal sealed class TestReplica : IAsyncDisposable
{
    private readonly LedgerDb _ledger;
    private readonly Listener _listener;
    private bool _stopped;

    public TestReplica(TestLedger home, TimeSpan promiseMax)
    {
        _ledger = new(new(home.Source.ConnectionString));
        _listener = new(home.Source, NullLogger<Listener>.Instance);
        Writer = new(_ledger, _listener, new WriterPace { LeaveMax = TimeSpan.FromSeconds(1), PromiseMax = promiseMax }, TimeProvider.System, new Lines(Said));
        Meter = new(Writer, home.Db, TimeProvider.System);
    }

    public LedgerWriter Writer { get; }
    public RequestMeter Meter { get; }

    /// <summary>What its writer logged.</summary>
    public ConcurrentQueue<string> Said { get; } = new();

    public async Task StartAsync(CancellationToken ct)
    {
        await _listener.StartAsync(ct);
        await Writer.StartAsync(ct);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopped) { return; }
        _stopped = true;
        await Writer.StopAsync(CancellationToken.None);
        Writer.Dispose();
        await _listener.StopAsync(CancellationToken.None);
        _listener.Dispose();
        await _ledger.DisposeAsync();
    }

    private sealed class Lines(ConcurrentQueue<string> said) : ILogger<LedgerWriter>
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            said.Enqueue(formatter(state, exception));
    }
}
