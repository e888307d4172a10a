namespace Wopr.Bot.Tests;

/// <summary>A clock that moves only when a test moves it.</summary>
internal sealed class TestTime(DateTimeOffset start) : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<TestTimer> _timers = [];
    private DateTimeOffset _now = start;

    public TestTime() : this(new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero)) { }

    /// <summary>How many wait for it to move.</summary>
    public int Waiting { get { lock (_gate) { return _timers.Count; } } }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() { lock (_gate) { return _now; } }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        TestTimer timer = new(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    public void Move(TimeSpan by)
    {
        var end = GetUtcNow() + by;
        while (true)
        {
            TestTimer? next;
            lock (_gate)
            {
                next = _timers.Where(timer => timer.DueAt <= end).MinBy(timer => timer.DueAt);
                _now = next?.DueAt ?? end;
                if (next is not null) { next.DueAt = null; _timers.Remove(next); }
            }
            if (next is null) { return; }
            next.Fire();
        }
    }

    private sealed class TestTimer(TestTime time, Action fire) : ITimer
    {
        public DateTimeOffset? DueAt { get; set; }

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
                DueAt = dueTime == Timeout.InfiniteTimeSpan ? null : time._now + dueTime;
                if (DueAt is not null) { time._timers.Add(this); }
            }
            return true;
        }

        public void Dispose() { lock (time._gate) { time._timers.Remove(this); } }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
