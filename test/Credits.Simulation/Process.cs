namespace Wopr.Credits.Simulation;

/// <summary>Something that can be killed at any await: whatever it awaits goes on through here, or never.</summary>
internal sealed class Process(Scheduler scheduler, string name) : SynchronizationContext
{
    public string Name => name;
    public bool IsDead { get; set; }
    public bool IsAsleep { get; set; }
    public TimeProvider Time { get; private set; } = null!;

    public static Process Start(Scheduler scheduler, string name)
    {
        Process process = new(scheduler, name);
        process.Time = new SimTime(scheduler, process);
        scheduler.Processes.Add(process);
        return process;
    }

    public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    public override SynchronizationContext CreateCopy() => this;
}

internal sealed class SimTime(Scheduler scheduler, Process owner) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => scheduler.Now;

    public override long GetTimestamp() => scheduler.Now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        SimTimer timer = new(scheduler, owner, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

internal sealed class SimTimer(Scheduler scheduler, Process owner, TimerCallback callback, object? state) : ITimer
{
    private static long s_number;

    public Process Owner => owner;
    public DateTimeOffset Due { get; private set; }

    /// <summary>Which of two that are due together comes first: the one that was set first.</summary>
    public long Number { get; private set; }

    public void Fire() => owner.Post(_ => callback(state), null);

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        scheduler.Timers.Remove(this);
        if (dueTime == Timeout.InfiniteTimeSpan || owner.IsDead) { return true; }
        (Due, Number) = (scheduler.Now + dueTime, Interlocked.Increment(ref s_number));
        scheduler.Timers.Add(this);
        return true;
    }

    public void Dispose() => scheduler.Timers.Remove(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }
}
