using Npgsql;
using Wopr.Kernel;

namespace Wopr.Fleet.Tests;

internal sealed class KilledException() : Exception("The process was killed.");

/// <summary>A process's way to the database that ends at a given step: before it is done, or before it is heard to be.</summary>
internal sealed class MortalDb(int dieAt, bool isDone) : DbGate
{
    private int _steps;
    private bool _isDead;

    public bool IsDead => Volatile.Read(ref _isDead);

    public override Task<T> RunAsync<TState, T>(Db db, Sql sql, TState state, Func<Db, TState, Task<T>> statement) =>
        StepAsync(() => statement(db.WithoutGate, state));

    public override async Task<T> TransactAsync<T>(NpgsqlDataSource source, Func<Db, Task<T>> work, CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var result = await work(new Db(source, connection, this));
        await StepAsync(async () =>
        {
            await transaction.CommitAsync(ct);
            return true;
        });
        return result;
    }

    private async Task<T> StepAsync<T>(Func<Task<T>> step)
    {
        if (IsDead) { throw new KilledException(); }
        var isLast = Interlocked.Increment(ref _steps) == dieAt;
        if (isLast)
        {
            Volatile.Write(ref _isDead, true);
            if (!isDone) { throw new KilledException(); }
        }
        var result = await step();
        return isLast ? throw new KilledException() : result;
    }
}
