using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Schedules;

/// <summary>
/// Fires what is due, under a lease. The turn comes first and the book after it: a crash between them fires the same turn
/// again, which changes nothing.
/// </summary>
internal sealed class ScheduleClock(ScheduleBook book, TurnDesk desk, Lease lease, TimeProvider time, Log log)
{
    // Timers may sleep with the machine; the book is looked at this often whatever they say.
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(5);

    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await lease.WaitAsync(ct);
                var changed = book.Changed.Next;
                var wait = await FireAsync(ct) ? UntilNext() : s_again;
                await Task.WhenAny(changed, Task.Delay(wait, time, ct));
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested) { }
            catch (Exception fault)
            {
                log.LoopBroke("Schedules", fault);
                await Task.Delay(s_again, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>False when something is due that cannot be said now.</summary>
    public async Task<bool> FireAsync(CancellationToken ct)
    {
        var isDone = true;
        foreach (var kept in book.All.Where(kept => kept.Schedule.IsEnabled))
        {
            var (due, since) = DueTimes.At(kept, time.GetUtcNow());
            if (due is { } at) { isDone &= await FireAsync(kept, at, since, ct); }
            else if (since != kept.Since) { book.Pass(kept, since, null); }
        }
        return isDone;
    }

    private async Task<bool> FireAsync(KeptSchedule kept, DateTimeOffset due, DateTimeOffset since, CancellationToken ct)
    {
        var (schedule, turn) = (kept.Schedule, DueTimes.TurnId(kept.Schedule.Id, due));
        try
        {
            await desk.TakeAsync(new(turn, schedule.Session, schedule.Message, $"schedule:{schedule.Name}", null), ct);
        }
        catch (LinkRefusedException refused)
        {
            log.ScheduleNotFired(schedule.Id, refused.Problem.Code);
            return false;
        }
        book.Pass(kept, since, turn);
        log.ScheduleFired(schedule.Id, due);
        return true;
    }

    private TimeSpan UntilNext()
    {
        var now = time.GetUtcNow();
        var next = book.All.Where(kept => kept.Schedule.IsEnabled).Select(kept => DueTimes.Next(kept.Schedule, now)).Min();
        return next is { } at && at - now < s_look ? at - now : s_look;
    }
}
