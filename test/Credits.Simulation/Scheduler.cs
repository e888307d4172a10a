using System.Collections.Concurrent;

namespace Wopr.Credits.Simulation;

/// <summary>A law that did not hold.</summary>
internal sealed class LawBrokenException(string law) : Exception(law);

/// <summary>
/// One thread on which all processes of a world run, one statement in the database at a time, and a clock that moves
/// when it is told to. Whatever could happen next stands in a list here; the dice pick.
/// </summary>
internal sealed class Scheduler(Random dice, Trace trace)
{
    private static readonly TimeSpan s_answerMax = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset s_dawn = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly BlockingCollection<(Process Process, SendOrPostCallback Callback, object? State)> _inbox = [];
    private string? _broken;

    public Random Dice => dice;
    public Trace Trace => trace;

    /// <summary>Statements and answers that wait for their turn.</summary>
    public List<Step> Pending { get; } = [];

    /// <summary>Statements that are with the server while their sender believes them lost.</summary>
    public List<Late> Late { get; } = [];

    public List<Session> Sessions { get; } = [];

    public List<SimTimer> Timers { get; } = [];

    /// <summary>Notifications on their way to a process.</summary>
    public List<(Process To, string Tenant)> News { get; } = [];

    public List<Process> Processes { get; } = [];

    /// <summary>Raised when locks may have been released, so that what waits for one is worth another try.</summary>
    public long Epoch { get; set; }

    public int InFlight { get; set; }

    /// <summary>Told when a sweep is committed: what the rows it found said.</summary>
    public Action<IReadOnlyList<(Guid Request, long Price)>>? Swept { get; set; }

    public DateTimeOffset Now { get; private set; } = s_dawn + TimeSpan.FromSeconds(dice.Next(3) == 0 ? 86_390 : 40_000);

    public void Post(Process process, SendOrPostCallback callback, object? state) => _inbox.Add((process, callback, state));

    public void Break(string law) => _broken ??= law;

    /// <summary>Runs what can run without another decision.</summary>
    public void Settle()
    {
        while (true)
        {
            if (!_inbox.TryTake(out var item))
            {
                if (InFlight == 0) { break; }
                if (!_inbox.TryTake(out item, s_answerMax)) { throw new LawBrokenException("the database does not answer"); }
            }
            if (item.Process.IsDead) { continue; }
            SynchronizationContext.SetSynchronizationContext(item.Process);
            item.Callback(item.State);
            SynchronizationContext.SetSynchronizationContext(null);
        }
        if (_broken is { } law) { throw new LawBrokenException(law); }
    }

    /// <summary>Steps that may run: their process is awake, and no lock is known to be in the way.</summary>
    public List<Step> Runnable() => [.. Pending.Where(step => step.Owner is { IsAsleep: false, IsDead: false } && step.BlockedAt < Epoch)];

    public void Run(Step step, Fate fate)
    {
        Pending.Remove(step);
        trace.Add(Now, step.Owner.Name, fate == Fate.Run ? step.Label : $"{step.Label} [{fate}]");
        InFlight++;
        step.Turn.SetResult(fate);
        Settle();
    }

    public void Run(Late late)
    {
        Late.Remove(late);
        trace.Add(Now, "network", $"late: {late.Label}");
        InFlight++;
        Processes[0].Post(_ => RunLateAsync(late), null);
        Settle();
    }

    private async void RunLateAsync(Late late)
    {
        try
        {
            await late.Work();
        }
        catch (Npgsql.PostgresException error) when (error.SqlState == Npgsql.PostgresErrorCodes.LockNotAvailable)
        {
            late.BlockedAt = Epoch;
            Late.Add(late);
        }
        catch (Exception error)
        {
            trace.Add(Now, "network", $"late and refused: {error.GetType().Name}");
            late.Session?.Cut();
        }
        InFlight--;
        if (late.Session is not null && late.BlockedAt < Epoch) { Epoch++; }
    }

    /// <summary>To when something is due, or further; what became due happens in order.</summary>
    public bool Advance(TimeSpan atLeast)
    {
        var awake = Timers.Where(timer => timer.Owner is { IsAsleep: false, IsDead: false }).ToList();
        if (awake.Count == 0 && atLeast == TimeSpan.Zero) { return false; }
        var to = Now + atLeast;
        if (atLeast == TimeSpan.Zero) { to = awake.Min(timer => timer.Due); }
        if (to > Now) { Now = to; }
        foreach (var timer in awake.Where(timer => timer.Due <= Now).OrderBy(timer => timer.Due).ThenBy(timer => timer.Number))
        {
            Timers.Remove(timer);
            timer.Fire();
        }
        Settle();
        return true;
    }

    /// <summary>Nothing of it runs on. What it had sent may still arrive; what it held is let go.</summary>
    public void Kill(Process process)
    {
        process.IsDead = true;
        Timers.RemoveAll(timer => timer.Owner == process);
        News.RemoveAll(news => news.To == process);
        foreach (var step in Pending.Where(step => step.Owner == process).ToList())
        {
            Pending.Remove(step);
            if (step.Late is { } work && Late.Count < 2 && dice.Next(2) == 0)
            {
                Late.Add(new(step.Label, step.Session, work));
                step.Session?.Detach();
            }
        }
        foreach (var session in Sessions.Where(session => session.Owner == process && !session.IsDetached).ToList()) { session.Cut(); }
        Epoch++;
    }
}

internal enum Fate
{
    Run,

    /// <summary>It runs, and its answer is on its way while other things happen.</summary>
    Slow,

    /// <summary>The connection breaks before it arrives.</summary>
    Cut,

    /// <summary>The sender sees the connection break; the server runs it later.</summary>
    Late,

    /// <summary>Of an answer: it never comes.</summary>
    Lost,
}

internal enum StepKind { Begin, Statement, Commit, Rollback, Answer }

internal sealed class Step(Process owner, Session? session, string label, StepKind kind)
{
    public Process Owner => owner;
    public Session? Session => session;
    public string Label => label;
    public StepKind Kind => kind;
    public long BlockedAt { get; set; } = -1;
    public Func<Task>? Late { get; init; }
    public TaskCompletionSource<Fate> Turn { get; set; } = new();
}

internal sealed class Late(string label, Session? session, Func<Task> work)
{
    public string Label => label;
    public Session? Session => session;
    public Func<Task> Work => work;
    public long BlockedAt { get; set; } = -1;
}
