using Wopr.Kernel;

namespace Wopr.Gateway.Routing;

/// <summary>What the other replicas are to learn.</summary>
internal delegate Task BreakerWrite(Db db, CancellationToken ct);

/// <summary>
/// One provider's circuit for one model, as this replica knows it. What it decides itself counts at once here and is
/// written down; what is written down counts for all. Times are ages: since the process began.
/// </summary>
internal sealed class Circuit(OfferKey key, BreakerPace pace)
{
    private static readonly TimeSpan s_busyFor = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Outcomes _outcomes = new();

    private bool _closed = true;
    private bool _limited;
    private int _trips;
    private int _failuresInRow;
    private TimeSpan _blockedUntil;
    private Guid? _probe;
    private bool _probed;
    private bool _claiming;
    private DateTimeOffset? _since;
    private int _version;
    private int _unwritten;
    private TimeSpan _usedAt;
    private long _shakyUntil;
    private long _busyUntil;

    public OfferKey Key => key;

    public bool IsClosed => Volatile.Read(ref _closed);

    public int Version
    {
        get { lock (_lock) { return _version; } }
    }

    /// <summary>Its last requests failed, or it wants to be asked less: others are better.</summary>
    public bool IsShaky(TimeSpan age) =>
        age.Ticks < Volatile.Read(ref _shakyUntil) || age.Ticks < Volatile.Read(ref _busyUntil);

    /// <summary>Closed, or its time to be probed has come.</summary>
    public bool MayTry(TimeSpan age)
    {
        if (IsClosed) { return true; }
        lock (_lock) { return !_claiming && age >= _blockedUntil; }
    }

    /// <summary>Until it may be tried.</summary>
    public TimeSpan Wait(TimeSpan age)
    {
        lock (_lock) { return _closed || age >= _blockedUntil ? TimeSpan.Zero : _blockedUntil - age; }
    }

    /// <summary>True lets the caller in, false keeps it out; null has it ask for the probe.</summary>
    public bool? Enter(TimeSpan age)
    {
        if (IsClosed) { return true; }
        lock (_lock)
        {
            if (_claiming || age < _blockedUntil) { return false; }
            if (_limited)
            {
                Close();
                return true;
            }
            _claiming = true;
            return null;
        }
    }

    /// <param name="claim">Null when the database did not answer.</param>
    public void Claimed(TimeSpan age, Claim? claim, Guid probe)
    {
        lock (_lock)
        {
            _claiming = false;
            _version++;
            if (claim == Claim.Closed) { Close(); }
            else if (claim == Claim.Claimed) { (_probe, _probed, _blockedUntil) = (probe, true, age + pace.ProbeMax); }
            // Somebody else probes, or nobody can tell: look again before asking again.
            else { _blockedUntil = age + TimeSpan.FromSeconds(1); }
        }
    }

    /// <summary>A claim whose answer was lost is given back.</summary>
    public BreakerWrite Unclaimed(Guid probe)
    {
        lock (_lock) { return Written((db, ct) => BreakerSql.ReleaseAsync(db, key, probe, ct)); }
    }

    public BreakerWrite? Succeeded(TimeSpan age, TimeSpan firstByte)
    {
        lock (_lock)
        {
            Count(age, Outcome.Good, firstByte);
            (_failuresInRow, _shakyUntil) = (0, 0);
            return _probe is { } probe ? ClosedBy(probe) : null;
        }
    }

    public BreakerWrite? Failed(TimeSpan age, Failure why, TimeSpan? retryAfter, DateTimeOffset now)
    {
        lock (_lock)
        {
            if (why == Failure.RateLimited && Refused(age, retryAfter, now, out var write)) { return write; }
            if (why != Failure.RateLimited) { Count(age, Outcome.Bad, null); }
            _failuresInRow++;
            if (_failuresInRow > 1) { Volatile.Write(ref _shakyUntil, (age + Outcomes.Window).Ticks); }
            if (_probe is { } probe)
            {
                _blockedUntil = age + Cooldown(_trips++);
                return FailedBy(probe);
            }
            if (!_closed || !Opens(age)) { return null; }
            Open(limited: false, now, age + pace.Cooldown);
            return Written((db, ct) => BreakerSql.OpenAsync(db, key, pace.Cooldown, ct));
        }
    }

    /// <summary>The probe goes back, for somebody else to try.</summary>
    public BreakerWrite? Abandoned(TimeSpan age)
    {
        lock (_lock)
        {
            if (_probe is not { } probe) { return null; }
            (_probe, _probed, _blockedUntil) = (null, false, age);
            return Written((db, ct) => BreakerSql.ReleaseAsync(db, key, probe, ct));
        }
    }

    /// <summary>A write was done, or can never be.</summary>
    public void Wrote()
    {
        lock (_lock) { _unwritten--; }
    }

    /// <summary>Takes over what is written, unless something newer happened here since it was read.</summary>
    public void Adopt(TimeSpan age, BreakerRow? row, int versionSeen)
    {
        lock (_lock)
        {
            if (_version != versionSeen || _claiming || _unwritten > 0) { return; }
            if (row is null || (row.IsLimited && row.RetryIn <= TimeSpan.Zero))
            {
                if (!_closed) { Close(); }
                return;
            }
            Open(row.IsLimited, row.Since, age + (row.ProbeIn is { } probe && probe > row.RetryIn ? probe : row.RetryIn));
            (_trips, _probed) = (row.Trips, row.ProbeIn > TimeSpan.Zero);
            if (_probe != row.Probe) { _probe = null; }
        }
    }

    /// <summary>Closed, and nobody has asked for it in a while.</summary>
    public bool IsForgotten(TimeSpan age)
    {
        lock (_lock) { return _closed && _unwritten == 0 && age - _usedAt > pace.ForgetAfter; }
    }

    public OfferHealth Health(TimeSpan age)
    {
        lock (_lock)
        {
            var state = _closed || (_limited && age >= _blockedUntil) ? CircuitState.Closed
                : _limited ? CircuitState.Limited
                : _probed ? CircuitState.HalfOpen
                : CircuitState.Open;
            return new(key.Provider, key.UpstreamModel, state, _since,
                _outcomes.Recent(age, Outcome.Bad) + _outcomes.Recent(age, Outcome.Refused),
                _outcomes.P50FirstByte(), _outcomes.LastMinute(age));
        }
    }

    // What is written for a probe stands apart, so that the calls without one allocate nothing.
    private BreakerWrite ClosedBy(Guid probe)
    {
        Close();
        return Written((db, ct) => BreakerSql.CloseAsync(db, key, probe, ct));
    }

    private BreakerWrite FailedBy(Guid probe)
    {
        (_probe, _probed) = (null, false);
        return Written((db, ct) => BreakerSql.ProbeFailedAsync(db, key, probe, pace.Cooldown, pace.CooldownMax, ct));
    }

    private BreakerWrite LimitedFor(TimeSpan wait, Guid? probe)
    {
        _probe = null;
        return Written((db, ct) => BreakerSql.LimitAsync(db, key, wait, probe, ct));
    }

    private void Count(TimeSpan age, Outcome outcome, TimeSpan? firstByte)
    {
        _usedAt = age;
        _outcomes.Add(age, outcome, firstByte);
    }

    private bool Opens(TimeSpan age)
    {
        if (_failuresInRow >= BreakerPace.FailuresInRow) { return true; }
        var (good, bad) = (_outcomes.Recent(age, Outcome.Good), _outcomes.Recent(age, Outcome.Bad));
        return good + bad >= BreakerPace.WindowRequestsMin && bad * 2 >= good + bad;
    }

    /// <summary>Only the time the provider named keeps it closed to us; false leaves a probe to fail.</summary>
    private bool Refused(TimeSpan age, TimeSpan? retryAfter, DateTimeOffset now, out BreakerWrite? write)
    {
        write = null;
        Count(age, Outcome.Refused, null);
        Volatile.Write(ref _busyUntil, (age + s_busyFor).Ticks);
        if (retryAfter is not { } said || said <= TimeSpan.Zero) { return _probe is null; }
        var wait = said < pace.LimitMax ? said : pace.LimitMax;
        // Each of many requests in flight brings the same news.
        var known = !_closed && _probe is null && (!_limited || age + wait <= _blockedUntil + TimeSpan.FromSeconds(1));
        if (known) { return true; }
        Open(limited: true, now, age + wait);
        write = LimitedFor(wait, _probe);
        return true;
    }

    private TimeSpan Cooldown(int trips)
    {
        var doubled = pace.Cooldown * Math.Pow(2, Math.Min(trips, 20));
        return doubled < pace.CooldownMax ? doubled : pace.CooldownMax;
    }

    private void Open(bool limited, DateTimeOffset since, TimeSpan until)
    {
        if (_closed || _limited != limited) { _since = since; }
        if (_closed) { _trips = 1; }
        (_limited, _probed, _blockedUntil) = (limited, false, until);
        Volatile.Write(ref _closed, false);
    }

    private void Close()
    {
        (_limited, _probed, _probe, _trips, _failuresInRow, _since) = (false, false, null, 0, 0, null);
        _outcomes.ForgetFailures();
        Volatile.Write(ref _closed, true);
    }

    private BreakerWrite Written(BreakerWrite write)
    {
        _version++;
        _unwritten++;
        return write;
    }
}
