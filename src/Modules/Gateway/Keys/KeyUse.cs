using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>Something that is counted in a window; the names are stored.</summary>
internal enum Counted { Requests, Tokens, Day, Month }

/// <summary>An amount that the other replicas have not been told yet.</summary>
internal sealed record CountRow(Id<GatewayKey> Key, Counted What, DateTimeOffset StartsAt, long Amount);

/// <summary>What all replicas together know of a key.</summary>
internal sealed record SharedUse(
    Id<GatewayKey> Key, Window Window, long Requests, long Tokens, long Day, long Month, long OthersTokens, long OthersNanos);

/// <summary>What one key does, as this process knows it. Whoever touches it holds its gate.</summary>
internal sealed class KeyUse(Id<GatewayKey> id)
{
    private readonly Count _requests = new(Counted.Requests);
    private readonly Count _tokens = new(Counted.Tokens);
    private readonly Count _day = new(Counted.Day);
    private readonly Count _month = new(Counted.Month);
    private readonly List<CountRow> _late = [];
    private (long Tokens, long Nanos) _held;
    private (long Tokens, long Nanos) _toldHeld;
    private (long Tokens, long Nanos) _others;

    public Lock Gate { get; } = new();

    /// <summary>When it was last asked for.</summary>
    public long SeenAt { get; set; }

    /// <summary>From when the counts of the others are; null until they were read.</summary>
    public long? ReadAt { get; private set; }

    /// <summary>Taken out of the books; whoever still has it looks again.</summary>
    public bool IsGone { get; set; }

    public long Requests => _requests.Total;
    public long Tokens => _tokens.Total + _held.Tokens + _others.Tokens;

    /// <summary>Spent, and set aside for requests that run.</summary>
    public long Day => _day.Total + _held.Nanos + _others.Nanos;

    public long Month => _month.Total + _held.Nanos + _others.Nanos;

    public bool IsIdle => _held == default && _toldHeld == default && _late.Count == 0
        && _requests.Untold == 0 && _tokens.Untold == 0 && _day.Untold == 0 && _month.Untold == 0;

    public bool HasHolds => _held != default;

    public void Roll(Window window)
    {
        _requests.Roll(window.Minute, id, _late);
        _tokens.Roll(window.Minute, id, _late);
        _day.Roll(window.Day, id, _late);
        _month.Roll(window.Month, id, _late);
    }

    public void Begin(long tokens, long nanos)
    {
        _requests.Untold++;
        _held = (_held.Tokens + tokens, _held.Nanos + nanos);
    }

    public void End(long tokensHeld, long tokensUsed, long nanosHeld, long nanosCharged)
    {
        _held = (Math.Max(0, _held.Tokens - tokensHeld), Math.Max(0, _held.Nanos - nanosHeld));
        _tokens.Untold += tokensUsed;
        _day.Untold += nanosCharged;
        _month.Untold += nanosCharged;
    }

    /// <summary>What is to be told now. It counts here until <see cref="Learn"/> finds it in the shared counts.</summary>
    public void Take(List<CountRow> rows)
    {
        rows.AddRange(_late);
        _late.Clear();
        foreach (var count in (Count[])[_requests, _tokens, _day, _month]) { count.Take(id, rows); }
    }

    /// <summary>What is set aside here, when that is not what the others were told.</summary>
    public (long Tokens, long Nanos)? ChangedHold => _held == _toldHeld ? null : _held;

    public void ToldHold((long Tokens, long Nanos) hold) => _toldHeld = hold;

    /// <param name="told">Whether what was taken is in it.</param>
    public void Learn(SharedUse use, long readAt, bool told)
    {
        _requests.Learn(use.Window.Minute, use.Requests, told);
        _tokens.Learn(use.Window.Minute, use.Tokens, told);
        _day.Learn(use.Window.Day, use.Day, told);
        _month.Learn(use.Window.Month, use.Month, told);
        _others = (use.OthersTokens, use.OthersNanos);
        ReadAt = Math.Max(ReadAt ?? long.MinValue, readAt);
    }

    private sealed class Count(Counted what)
    {
        private DateTimeOffset _startsAt;
        private long _shared;
        private long _telling;

        public long Untold { get; set; }

        public long Total => _shared + _telling + Untold;

        public void Roll(DateTimeOffset startsAt, Id<GatewayKey> key, List<CountRow> late)
        {
            if (startsAt == _startsAt) { return; }
            // Of a minute that is over nobody asks any more; of money every nano-dollar is told.
            if (Untold > 0 && what is Counted.Day or Counted.Month) { late.Add(new(key, what, _startsAt, Untold)); }
            (_startsAt, _shared, _telling, Untold) = (startsAt, 0, 0, 0);
        }

        public void Take(Id<GatewayKey> key, List<CountRow> rows)
        {
            if (Untold == 0) { return; }
            rows.Add(new(key, what, _startsAt, Untold));
            _telling += Untold;
            Untold = 0;
        }

        // Counts only grow, so of two readings that overtook each other the higher is the newer.
        public void Learn(DateTimeOffset startsAt, long total, bool told)
        {
            if (startsAt != _startsAt) { return; }
            _shared = Math.Max(_shared, total);
            if (told) { _telling = 0; }
        }
    }
}
