namespace Wopr.Protocol.Tests.Simulated;

/// <summary>
/// One thread and a clock that jumps: what runs here runs the same way every time. When nothing is left to do, time
/// goes on to the next timer.
/// </summary>
internal sealed class World : SynchronizationContext
{
    private const int StepsMax = 3_000_000;

    private readonly Queue<(SendOrPostCallback Work, object? State)> _work = new();
    private readonly Lock _gate = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _strayed;

    public VirtualTime Time { get; } = new();

    /// <summary>Runs the story to its end; fails when it gets stuck, or leaves the thread.</summary>
    public void Run(Func<Task> story)
    {
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            var told = story();
            for (var step = 0; !told.IsCompleted; step++)
            {
                if (step > StepsMax) { throw new InvalidOperationException($"It does not end; it is {Time.Elapsed} now."); }
                if (Next() is { } next) { next.Work(next.State); }
                else if (!Time.Advance()) { throw new InvalidOperationException("It is stuck: nothing is left that could happen."); }
            }
            told.GetAwaiter().GetResult();
            if (_strayed) { throw new InvalidOperationException("Something ran on another thread, so runs differ."); }
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }

    /// <summary>Looks ten times a simulated second, for five minutes.</summary>
    public async Task UntilAsync(Func<bool> so, Action? meanwhile = null,
        [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(so))] string question = "")
    {
        for (var tries = 0; tries < 3000; tries++)
        {
            if (so()) { return; }
            if (tries % 50 == 0) { meanwhile?.Invoke(); }
            await Task.Delay(TimeSpan.FromMilliseconds(100), Time);
        }
        throw new InvalidOperationException($"Never came true: {question}");
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        lock (_gate)
        {
            _strayed |= Environment.CurrentManagedThreadId != _thread;
            _work.Enqueue((d, state));
        }
    }

    private (SendOrPostCallback Work, object? State)? Next()
    {
        lock (_gate) { return _work.TryDequeue(out var next) ? next : null; }
    }
}

/// <summary>Stands still until it is told to go on to its next timer.</summary>
internal sealed class VirtualTime : TimeProvider
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly PriorityQueue<(Timer Timer, long Version), (long At, long Order)> _due = new();
    private long _now;
    private long _order;

    public TimeSpan Elapsed => new(_now);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => s_start + Elapsed;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>False when no timer is left.</summary>
    public bool Advance()
    {
        while (_due.TryDequeue(out var next, out var when))
        {
            if (next.Timer.Version != next.Version) { continue; }
            _now = Math.Max(_now, when.At);
            next.Timer.Fire();
            return true;
        }
        return false;
    }

    private sealed class Timer(VirtualTime time, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public long Version { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            (Version, _period) = (Version + 1, period);
            if (dueTime >= TimeSpan.Zero) { time._due.Enqueue((this, Version), (time._now + dueTime.Ticks, time._order++)); }
            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero) { Change(_period, _period); }
            callback(state);
        }

        public void Dispose() => Version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
