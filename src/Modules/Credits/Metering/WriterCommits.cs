using Microsoft.Extensions.Logging;
using Npgsql;
using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>
/// The writer's row, and the numbered commits made under it. The database takes a number once, so an attempt whose answer was
/// lost and its repetition are never both written.
/// </summary>
internal sealed class WriterCommits(Db db, WriterPace pace, TimeProvider time, ILogger logger)
{
    private const long Nothing = long.MaxValue;

    private long _batch;
    private long _askedAt = Nothing;

    public Guid Writer { get; private set; } = Guid.CreateVersion7(time.GetUtcNow());

    public bool IsRegistered { get; private set; }

    /// <summary>
    /// As far as is known the database answers. What was promised while it is away would be asked of providers and perhaps never
    /// be charged.
    /// </summary>
    public bool ArePrompt => time.GetElapsedTime(Volatile.Read(ref _askedAt)) < pace.PromiseMax;

    public async Task RegisterAsync(CancellationToken ct)
    {
        if (IsRegistered) { return; }
        await UntilAnsweredAsync(() => MeteringSql.RegisterAsync(db, Writer, ct), ct);
        IsRegistered = true;
    }

    /// <summary>Until it is known to have happened; false when the writer was ended by another.</summary>
    public async Task<bool> RunAsync(Func<long, Task<bool>> commit, CancellationToken ct)
    {
        var number = _batch = Math.Max(_batch + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
        var tried = false;
        return await UntilAnsweredAsync(async () =>
        {
            if (tried && await MeteringSql.LastBatchAsync(db, Writer, ct) == number) { return true; }
            tried = true;
            return await commit(number) || await MeteringSql.LastBatchAsync(db, Writer, ct) == number;
        }, ct);
    }

    /// <summary>As another writer.</summary>
    public void BeginAnew() => (Writer, IsRegistered, _batch) = (Guid.CreateVersion7(time.GetUtcNow()), false, 0);

    /// <summary>Asks again while the database is away. What it refuses for good is the caller's.</summary>
    private async Task<T> UntilAnsweredAsync<T>(Func<Task<T>> attempt, CancellationToken ct)
    {
        Volatile.Write(ref _askedAt, time.GetTimestamp());
        try
        {
            for (var tries = 0; ; tries++)
            {
                try
                {
                    return await attempt();
                }
                catch (PostgresException error) when (error.SqlState[..2] is "22" or "23")
                {
                    throw;
                }
                catch (Exception error) when (!ct.IsCancellationRequested)
                {
                    if (tries == 0) { Log.WriterWaits(logger, error.Message.Split('\n')[0]); }
                    var wait = TimeSpan.FromMilliseconds(20 * Math.Pow(2, Math.Min(tries, 8)));
                    await Task.Delay(wait < pace.RetryMax ? wait : pace.RetryMax, time, ct);
                }
            }
        }
        finally
        {
            Volatile.Write(ref _askedAt, Nothing);
        }
    }
}
