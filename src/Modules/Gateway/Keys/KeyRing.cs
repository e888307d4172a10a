using System.Collections.Concurrent;
using Npgsql;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>
/// The keys that requests came with lately, in memory. What is known is served without asking; it is asked for again
/// when it is half a minute old, and forgotten when somebody changes it. While the database is away a known key is
/// believed for five minutes, and none after that.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    /// <summary>From then on it is asked for anew, while it is still served.</summary>
    private static readonly TimeSpan s_aheadAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_freshFor = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_believedFor = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_unknownFor = TimeSpan.FromSeconds(10);

    /// <summary>How long a request waits for news of a key that is believed.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    private const int KnownMax = 200_000;
    private const int UnknownMax = 20_000;

    private readonly ConcurrentDictionary<KeyHash, Held> _known = new();
    private readonly ConcurrentDictionary<KeyHash, long> _unknown = new();
    private readonly KeyLookups _lookups;
    private readonly TimeProvider _time;
    private readonly IDisposable _subscription;

    // Raised by every piece of news: an answer that was asked for before one may be older than it.
    private long _news;
    private long _doubtedAt;

    public KeyRing(KeyLookups lookups, Listener listener, TimeProvider time)
    {
        (_lookups, _time) = (lookups, time);
        _doubtedAt = long.MinValue;
        _subscription = listener.On(GatewayKeys.Channel, Hear);
    }

    /// <summary>
    /// Null when there is no such live key. A key of a tenant that is suspended is found and says so. Throws what the
    /// database throws when it is away and the key cannot be believed.
    /// </summary>
    public ValueTask<GatewayKey?> FindAsync(string secret, CancellationToken ct)
    {
        if (!KeyHash.TryOf(secret, out var hash)) { return default; }
        var now = _time.GetTimestamp();
        if (_known.TryGetValue(hash, out var held))
        {
            var age = _time.GetElapsedTime(held.AskedAt, now);
            if (age >= s_freshFor || held.AskedAt <= Volatile.Read(ref _doubtedAt)) { return new(AskAgainAsync(hash, held, ct)); }
            if (age >= s_aheadAfter && held.MayAskAhead()) { _ = AskAheadAsync(hash); }
            return new(Live(held.Key));
        }
        return _unknown.TryGetValue(hash, out var since) && _time.GetElapsedTime(since, now) < s_unknownFor
            ? default
            : new(AskAsync(hash, ct));
    }

    public void Dispose() => _subscription.Dispose();

    private async Task<GatewayKey?> AskAsync(KeyHash hash, CancellationToken ct)
    {
        var (asked, news) = (_time.GetTimestamp(), Volatile.Read(ref _news));
        var key = await _lookups.AskAsync(hash).WaitAsync(ct);
        Keep(hash, key, asked, news);
        return key is null ? null : Live(key);
    }

    private async Task<GatewayKey?> AskAgainAsync(KeyHash hash, Held held, CancellationToken ct)
    {
        if (!_lookups.IsAway || !IsBelieved(hash, held))
        {
            try
            {
                return await AskAsync(hash, ct).WaitAsync(IsBelieved(hash, held) ? s_patience : Timeout.InfiniteTimeSpan, _time, ct);
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException && IsBelieved(hash, held))
            {
                // Served from what is known until the database is back.
            }
        }
        return Live(held.Key);
    }

    private async Task AskAheadAsync(KeyHash hash)
    {
        try
        {
            await AskAsync(hash, CancellationToken.None);
        }
        catch (Exception)
        {
            // The look-up told it; who comes after the half minute asks again.
        }
    }

    private void Keep(KeyHash hash, GatewayKey? key, long asked, long news)
    {
        if (key is null) { _known.TryRemove(hash, out _); }
        if (Volatile.Read(ref _news) != news) { return; }
        if (key is null)
        {
            if (_unknown.Count >= UnknownMax) { _unknown.Clear(); }
            _unknown[hash] = asked;
        }
        else
        {
            if (_known.Count >= KnownMax) { Sweep(); }
            _known[hash] = new(key, asked);
        }
        // News that came between the look and the keeping.
        if (Volatile.Read(ref _news) == news) { return; }
        _known.TryRemove(hash, out _);
        _unknown.TryRemove(hash, out _);
    }

    private void Hear(string? payload)
    {
        Interlocked.Increment(ref _news);
        if (payload is not null && KeyHash.TryParse(payload, out var hash))
        {
            _known.TryRemove(hash, out _);
            _unknown.TryRemove(hash, out _);
            return;
        }
        // Connected anew: anything may have changed.
        Volatile.Write(ref _doubtedAt, _time.GetTimestamp());
        _unknown.Clear();
    }

    // Not when it was forgotten meanwhile, which is what a revocation does.
    private bool IsBelieved(KeyHash hash, Held held) =>
        _time.GetElapsedTime(held.AskedAt) < s_believedFor && _known.TryGetValue(hash, out var now) && ReferenceEquals(now, held);

    private GatewayKey? Live(GatewayKey key) => key.ExpiresAt is { } end && end <= _time.GetUtcNow() ? null : key;

    private void Sweep()
    {
        foreach (var (hash, held) in _known)
        {
            if (_time.GetElapsedTime(held.AskedAt) >= s_believedFor) { _known.TryRemove(new(hash, held)); }
        }
        if (_known.Count >= KnownMax) { _known.Clear(); }
    }

    private sealed class Held(GatewayKey key, long askedAt)
    {
        private int _ahead;

        public GatewayKey Key => key;
        public long AskedAt => askedAt;

        public bool MayAskAhead() => Interlocked.Exchange(ref _ahead, 1) == 0;
    }
}
