using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Credits.Metering;
using Wopr.Kernel;
using Wopr.Testing;

namespace Wopr.Credits.Simulation;

/// <summary>
/// One database in which seeds run one after the other. The connections of processes that ended are used by later ones.
/// </summary>
internal sealed class Lane : IAsyncDisposable
{
    private static readonly TestPostgres s_postgres =
        new([.. Migration.Of(typeof(Db).Assembly, typeof(AuditModule).Assembly, typeof(AuthModule).Assembly,
            typeof(CreditsModule).Assembly, typeof(BillingModule).Assembly)]);

    private readonly NpgsqlDataSource _first;
    private readonly List<Line> _all = [];
    private readonly Stack<Line> _idle = new();

    private Lane(NpgsqlDataSource first)
    {
        _first = first;
        Connection = new(first.ConnectionString) { MaxPoolSize = 60 };
        Admin = new(Connection.ConnectionString);
    }

    public NpgsqlConnectionStringBuilder Connection { get; }
    public Admin Admin { get; }

    public static async Task<Lane> CreateAsync(CancellationToken ct)
    {
        var source = await s_postgres.CopyAsync(ct);
        Lane lane = new(source);
        lane.Admin.Prepare();
        return lane;
    }

    public Line Take(Scheduler scheduler, Process process)
    {
        if (_idle.TryPop(out var line)) { line.Gate.Process = process; line.Gate.Scheduler = scheduler; return line; }
        line = new(Connection, new() { Scheduler = scheduler, Process = process, Admin = Admin });
        _all.Add(line);
        return line;
    }

    public void Return(Line line) => _idle.Push(line);

    public async ValueTask DisposeAsync()
    {
        foreach (var line in _all) { await line.DisposeAsync(); }
        Admin.Dispose();
        await _first.DisposeAsync();
    }
}

/// <summary>The connections of one replica: those of the ledger, and those of all else.</summary>
internal sealed class Line : IAsyncDisposable
{
    private readonly NpgsqlDataSource _source;

    public Line(NpgsqlConnectionStringBuilder connection, Gate gate)
    {
        Gate = gate;
        _source = NpgsqlDataSource.Create(connection);
        Db = new(_source, null, gate);
        Ledger = new(connection, source => new(source, null, gate));
    }

    public Gate Gate { get; }
    public Db Db { get; }
    public LedgerDb Ledger { get; }
    public NpgsqlDataSource Source => _source;

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        await _source.DisposeAsync();
    }
}

/// <summary>The eye that sees the database between two steps.</summary>
internal sealed class Admin : IDisposable
{
    private const int LooksMax = 10_000;

    private readonly NpgsqlConnection _connection;

    public Admin(string connection)
    {
        _connection = new(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, MaxAutoPrepare = 20, AutoPrepareMinUsages = 1 }.ConnectionString);
        _connection.Open();
    }

    /// <summary>Only what is on purpose may make a statement wait.</summary>
    public void Prepare()
    {
        using var command = _connection.CreateCommand();
        command.CommandText = """
            do $$
            declare one record;
            begin
                execute format('alter database %I set lock_timeout = 1', current_database());
                execute format('alter database %I set synchronous_commit = off', current_database());
                for one in select schemaname, relname from pg_stat_user_tables t
                           where exists (select from pg_class c where c.oid = t.relid and c.relkind = 'r') loop
                    execute format('alter table %I.%I set (autovacuum_enabled = off)', one.schemaname, one.relname);
                end loop;
            end $$
            """;
        command.ExecuteNonQuery();
    }

    /// <summary>Returns when its locks are released. The server's own way of waiting looks only every 100 ms.</summary>
    public void Terminate(int backend)
    {
        Execute("select pg_terminate_backend($1)", backend);
        for (var looks = 0; Query("select pg_sleep(0.0003) from pg_stat_get_activity($1)", _ => true, backend).Count > 0; looks++)
        {
            if (looks > LooksMax) { throw new LawBrokenException($"backend {backend} does not end"); }
        }
    }

    public List<(Guid Request, long Price)> Starts(Guid writer) => Query(
        "select request_id, coalesce(price_nanos, 0) from credits.start where writer_id = $1",
        row => (row.GetGuid(0), row.GetInt64(1)), writer);

    public List<T> Query<T>(string sql, Func<NpgsqlDataReader, T> read, params object[] values)
    {
        using var command = _connection.CreateCommand();
#pragma warning disable CA2100 // The text is the caller's constant.
        command.CommandText = sql;
#pragma warning restore CA2100
        foreach (var value in values) { command.Parameters.Add(new() { Value = value }); }
        using var reader = command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read()) { rows.Add(read(reader)); }
        return rows;
    }

    public void Execute(string sql, params object[] values) => Query(sql, _ => 0, values);

    public void Dispose() => _connection.Dispose();
}
