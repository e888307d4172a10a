using Npgsql;
using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>The connection broke: whether the statement ran is not known.</summary>
internal sealed class LostException() : NpgsqlException("The connection broke.");

/// <summary>
/// Holds every statement of a process until the scheduler picks it. A lock that is taken surfaces as a timeout; the
/// statement is undone to its savepoint and waits for its turn again, as it would have waited for the lock.
/// </summary>
internal sealed class Gate : DbGate
{
    /// <summary>Set when a process takes over the connections of one that ended.</summary>
    public required Scheduler Scheduler { get; set; }
    public required Process Process { get; set; }
    public required Admin Admin { get; init; }

    public override async Task<T> RunAsync<TState, T>(Db db, Sql sql, TState state, Func<Db, TState, Task<T>> statement)
    {
        var session = db.Connection is null ? null : Scheduler.Sessions.Single(session => session.Connection == db.Connection);
        var result = await StepAsync(session, Labels.Of(sql), StepKind.Statement, () => statement(db.WithoutGate, state));
        session?.Watch(sql);
        return result;
    }

    public override async Task<T> TransactAsync<T>(NpgsqlDataSource source, Func<Db, Task<T>> work, CancellationToken ct)
    {
        Session session = new(Scheduler, Process, Admin);
        await StepAsync(null, "begin", StepKind.Begin, async () =>
        {
            await session.OpenAsync(source, ct);
            return true;
        });
        T result;
        try
        {
            result = await work(new Db(source, session.Connection, this));
            await StepAsync(session, "commit", StepKind.Commit, () => session.CommitAsync(ct));
        }
        catch
        {
            if (session.IsOpen) { await StepAsync(session, "rollback", StepKind.Rollback, session.RollbackAsync); }
            throw;
        }
        return result;
    }

    private async Task<T> StepAsync<T>(Session? session, string label, StepKind kind, Func<Task<T>> work)
    {
        var scheduler = Scheduler;
        Step step = new(Process, session, label, kind)
        {
            Late = kind == StepKind.Commit ? () => session!.CommitAsync(CancellationToken.None)
                : kind == StepKind.Statement && session is null && !label.StartsWith("select", StringComparison.Ordinal) ? () => work() : null,
        };
        while (true)
        {
            step.Turn = new();
            scheduler.Pending.Add(step);
            var fate = await step.Turn.Task;
            T result;
            try
            {
                if (fate == Fate.Cut) { session?.Cut(); }
                if (fate == Fate.Late)
                {
                    scheduler.Late.Add(new(label, session, step.Late!));
                    session?.Detach();
                }
                if (fate is Fate.Cut or Fate.Late) { throw new LostException(); }
                result = session is null || kind != StepKind.Statement ? await work() : await session.GuardAsync(work);
            }
            catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable)
            {
                scheduler.Trace.Add(scheduler.Now, Process.Name, "  waits for a lock");
                step.BlockedAt = scheduler.Epoch;
                continue;
            }
            catch (PostgresException error)
            {
                scheduler.Trace.Add(scheduler.Now, Process.Name, $"  refused: {error.SqlState} {error.ConstraintName}");
                if (!Laws.MayRefuse(error)) { scheduler.Break($"the database refuses what must be right: {error.SqlState} {error.ConstraintName} at {label}"); }
                throw;
            }
            finally
            {
                scheduler.InFlight--;
            }
            if (kind is StepKind.Commit or StepKind.Rollback) { scheduler.Epoch++; }
            if (fate == Fate.Slow) { await AnswerAsync(scheduler, session, label); }
            return result;
        }
    }

    private async Task AnswerAsync(Scheduler scheduler, Session? session, string label)
    {
        Step answer = new(Process, session, $"answer to {label}", StepKind.Answer);
        scheduler.Pending.Add(answer);
        var fate = await answer.Turn.Task;
        scheduler.InFlight--;
        if (fate != Fate.Lost) { return; }
        session?.Cut();
        throw new LostException();
    }
}

/// <summary>One open transaction.</summary>
internal sealed class Session(Scheduler scheduler, Process owner, Admin admin)
{
    private readonly List<string> _recalls = [];
    private List<(Guid Request, long Price)>? _orphans;
    private NpgsqlTransaction? _transaction;
    private bool _notifies;
    private int _backend;

    public Process Owner => owner;
    public NpgsqlConnection? Connection { get; private set; }
    public bool IsOpen => Connection is not null && !IsDetached;

    /// <summary>Its process knows nothing of it any more; a commit that was sent may still happen.</summary>
    public bool IsDetached { get; private set; }

    public async Task OpenAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        var connection = await source.OpenConnectionAsync(ct);
        _transaction = await connection.BeginTransactionAsync(ct);
        (Connection, _backend) = (connection, connection.ProcessID);
        scheduler.Sessions.Add(this);
    }

    public async Task<T> GuardAsync<T>(Func<Task<T>> work)
    {
        await _transaction!.SaveAsync("turn");
        try
        {
            return await work();
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            await _transaction.RollbackAsync("turn");
            throw;
        }
    }

    public void Watch(Sql sql)
    {
        _notifies |= sql.Text.Contains("pg_notify", StringComparison.Ordinal);
        if (sql.Text.StartsWith("select pg_notify", StringComparison.Ordinal) && sql.Values[0] is Ledger.RecallChannel)
        {
            _recalls.Add((string)sql.Values[1]);
        }
        if (Labels.IsSweep(sql)) { _orphans = admin.Starts((Guid)sql.Values[0]); }
    }

    public async Task<bool> CommitAsync(CancellationToken ct)
    {
        if (_notifies)
        {
            // Notifications of all databases of a server are committed one at a time: a lock that is no world's own.
            await using var patience = new NpgsqlCommand("set local lock_timeout = 0", Connection);
            await patience.ExecuteNonQueryAsync(ct);
        }
        await _transaction!.CommitAsync(ct);
        await CloseAsync();
        foreach (var tenant in _recalls)
        {
            foreach (var process in scheduler.Processes.Where(process => !process.IsDead && process.Name != "network"))
            {
                scheduler.News.Add((process, tenant));
            }
        }
        if (_orphans is not null) { scheduler.Swept?.Invoke(_orphans); }
        return true;
    }

    public async Task<bool> RollbackAsync()
    {
        await _transaction!.RollbackAsync();
        await CloseAsync();
        return true;
    }

    public void Detach() => IsDetached = true;

    /// <summary>Ends the server's side, and waits until it is gone.</summary>
    public void Cut()
    {
        if (Connection is not { } connection) { return; }
        admin.Terminate(_backend);
        scheduler.Sessions.Remove(this);
        Connection = null;
        scheduler.Epoch++;
        try
        {
            // Lets the client notice, so that the connection does not go back to the pool.
            using var probe = new NpgsqlCommand("select 1", connection);
            probe.ExecuteNonQuery();
        }
        catch (NpgsqlException) { }
        connection.Dispose();
    }

    private async Task CloseAsync()
    {
        scheduler.Sessions.Remove(this);
        var connection = Connection!;
        Connection = null;
        await connection.DisposeAsync();
    }
}
