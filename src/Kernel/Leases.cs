using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>
/// Rights that one process at a time holds, kept as rows and timed by the database's clock. A holder that dies is
/// replaced when its time is over; one that cannot renew in time is told to stop before that.
/// </summary>
public sealed class Leases(Db db, ILogger<Leases> logger)
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromMilliseconds(100);

    /// <summary>Null while somebody holds it. It is renewed until it is disposed.</summary>
    /// <param name="duration">How long a holder that died keeps others waiting.</param>
    public Task<Lease?> TryTakeAsync(string name, TimeSpan duration, CancellationToken ct) =>
        TryTakeAsync(name, duration, whenDue: false, ct);

    internal async Task<Lease?> TryTakeAsync(string name, TimeSpan duration, bool whenDue, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, s_shortest);
        // Counted from before the question, so that the holder gives up no later than the database does.
        var asked = Stopwatch.GetTimestamp();
        var holder = $"{Environment.MachineName}/{Environment.ProcessId}/{Token.New(12)}";
        return await LeaseSql.TakeAsync(db, name, holder, duration, whenDue, ct) == 1
            ? new Lease(db, logger, name, holder, duration, asked)
            : null;
    }
}

/// <summary>A right that is held until it is disposed, or lost.</summary>
public sealed class Lease : IAsyncDisposable
{
    private readonly Db _db;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly string _holder;
    private readonly TimeSpan _duration;
    private readonly CancellationTokenSource _lost = new();
    private readonly CancellationTokenSource _released = new();
    private readonly Task _renewing;

    internal Lease(Db db, ILogger logger, string name, string holder, TimeSpan duration, long asked)
    {
        (_db, _logger, _name, _holder, _duration) = (db, logger, name, holder, duration);
        Lost = _lost.Token;
        Extend(asked);
        _renewing = RenewAsync();
    }

    /// <summary>Cancelled when the lease can no longer be relied on: what is done under it must stop.</summary>
    public CancellationToken Lost { get; }

    /// <summary>When a job under this name is next due; null leaves it as it is.</summary>
    internal TimeSpan? DueAfter { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _released.CancelAsync();
        await _renewing;
        try
        {
            await LeaseSql.ReleaseAsync(_db, _name, _holder, DueAfter, CancellationToken.None);
        }
        catch (Exception error)
        {
            // It ends by itself then.
            Log.LeaseNotReleased(_logger, _name, error);
        }
        _released.Dispose();
        _lost.Dispose();
    }

    // A little early, because two clocks never run alike.
    private void Extend(long asked)
    {
        var left = (_duration * 0.9) - Stopwatch.GetElapsedTime(asked);
        _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);
    }

    private async Task RenewAsync()
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_released.Token, _lost.Token);
        while (!either.IsCancellationRequested)
        {
            await Task.Delay(_duration / 3, either.Token).ContinueWith(_ => { }, TaskScheduler.Default);
            if (either.IsCancellationRequested) { break; }
            try
            {
                var asked = Stopwatch.GetTimestamp();
                if (await LeaseSql.RenewAsync(_db, _name, _holder, _duration, either.Token) == 0)
                {
                    await _lost.CancelAsync();
                    break;
                }
                Extend(asked);
            }
            catch (Exception) when (either.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                Log.LeaseNotRenewed(_logger, _name, error.Message.Split('\n')[0]);
            }
        }
        if (_lost.IsCancellationRequested) { Log.LeaseLost(_logger, _name); }
    }
}

internal static class LeaseSql
{
    // A first row is made when there is none; what others hold is never waited for.
    public static Task<int> TakeAsync(
        Db db, string name, string holder, TimeSpan duration, bool whenDue, CancellationToken ct) => db.ExecuteAsync($"""
        insert into kernel.lease (name, holder, expires_at)
        values ({name}, {holder}, now() + {duration})
        on conflict (name) do update
        set holder = excluded.holder, expires_at = excluded.expires_at
        where lease.expires_at <= now() and (lease.due_at <= now() or not {whenDue})
        """, ct);

    public static Task<int> RenewAsync(Db db, string name, string holder, TimeSpan duration, CancellationToken ct) =>
        db.ExecuteAsync($"""
            update kernel.lease
            set expires_at = now() + {duration}
            where name = {name} and holder = {holder} and expires_at > now()
            """, ct);

    public static Task<int> ReleaseAsync(Db db, string name, string holder, TimeSpan? dueAfter, CancellationToken ct) =>
        db.ExecuteAsync($"""
            update kernel.lease
            set expires_at = now(), due_at = coalesce(now() + {dueAfter}::interval, due_at)
            where name = {name} and holder = {holder}
            """, ct);
}
