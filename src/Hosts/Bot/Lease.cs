namespace Wopr.Bot;

/// <summary>
/// The right to work, which ends by itself. Counted by a clock that never goes back, from before it was asked for, so that
/// the bot is quiet before anybody else may take its place.
/// </summary>
internal sealed class Lease : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Log _log;
    private readonly Lock _gate = new();
    private readonly ITimer _end;
    private TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _lost = new();
    private long _until = long.MinValue;
    private bool _isHeld;

    public Lease(TimeProvider time, Log log)
    {
        (_time, _log) = (time, log);
        _end = time.CreateTimer(_ => Check(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _lost.Cancel();
    }

    public bool IsHeld
    {
        get
        {
            Check();
            lock (_gate) { return _isHeld; }
        }
    }

    /// <summary>Cancelled when the lease that is held now ends; cancelled already when none is.</summary>
    public CancellationToken Held
    {
        get
        {
            Check();
            lock (_gate) { return _lost.Token; }
        }
    }

    public async Task WaitAsync(CancellationToken ct)
    {
        while (!IsHeld)
        {
            Task given;
            lock (_gate) { given = _given.Task; }
            await given.WaitAsync(ct);
        }
    }

    /// <param name="asked">When it was asked for: a <see cref="TimeProvider.GetTimestamp"/>.</param>
    public void Renew(long asked, TimeSpan length)
    {
        Check();
        TaskCompletionSource? given = null;
        lock (_gate)
        {
            var until = asked + (long)(length.TotalSeconds * _time.TimestampFrequency);
            var left = _time.GetElapsedTime(_time.GetTimestamp(), until);
            if (until <= _until || left <= TimeSpan.Zero) { return; }
            _until = until;
            if (!_isHeld)
            {
                _isHeld = true;
                _lost = new();
                (given, _given) = (_given, new(TaskCreationOptions.RunContinuationsAsynchronously));
            }
            _end.Change(left, Timeout.InfiniteTimeSpan);
        }
        if (given is null) { return; }
        _log.LeaseHeld();
        given.SetResult();
    }

    public void Lose()
    {
        CancellationTokenSource lost;
        lock (_gate)
        {
            if (!_isHeld) { return; }
            (_isHeld, _until) = (false, long.MinValue);
            lost = _lost;
        }
        _log.LeaseLost();
        lost.Cancel();
    }

    public void Dispose()
    {
        _end.Dispose();
        _lost.Dispose();
    }

    // Timers of a busy or sleeping machine are late; the clock decides.
    private void Check()
    {
        lock (_gate)
        {
            if (!_isHeld) { return; }
            var left = _time.GetElapsedTime(_time.GetTimestamp(), _until);
            if (left > TimeSpan.Zero)
            {
                _end.Change(left, Timeout.InfiniteTimeSpan);
                return;
            }
        }
        Lose();
    }
}
