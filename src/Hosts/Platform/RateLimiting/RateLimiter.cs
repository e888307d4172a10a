using System.Collections.Concurrent;
using Wopr.Kernel;

namespace Wopr.Platform.RateLimiting;

/// <summary>
/// Counts requests. Small limits are counted in the database, exactly. Large ones are counted in memory, and the
/// replicas tell each other once a second what they saw, so that together they overshoot by a second's worth at most.
/// </summary>
internal sealed class RateLimiter(RateWindows windows, TimeProvider time, ILogger<RateLimiter> logger) : BackgroundService
{
    private const int CountersMax = 200_000;
    private static readonly TimeSpan s_syncEvery = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(string Rule, string Key), Counter> _counters = new();
    private bool _faulty;

    /// <summary>Counts one request, and says how many there have been.</summary>
    public ValueTask<RateCount> CountAsync(RateRule rule, string key, CancellationToken ct) =>
        rule.IsExact ? new(windows.AddAsync(rule.Name, key, 1, rule.Window, ct)) : new(CountHere(rule, key));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_syncEvery, time);
        while (await NextAsync(timer, stoppingToken)) { await SyncAsync(stoppingToken); }
    }

    private static async ValueTask<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private RateCount CountHere(RateRule rule, string key)
    {
        var now = time.GetUtcNow();
        if (_counters.Count > CountersMax) { _counters.Clear(); }
        var counter = _counters.GetOrAdd((rule.Name, key), _ => new Counter(rule.Window));
        return counter.Add(now);
    }

    private async Task SyncAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        List<(Counter Counter, RateHits Hits)> seen = [];
        foreach (var ((rule, key), counter) in _counters)
        {
            if (counter.Take(now) is var hits and > 0) { seen.Add((counter, new(rule, key, hits, counter.Window))); }
            else if (counter.HasEnded(now)) { _counters.TryRemove((rule, key), out _); }
        }
        if (seen.Count == 0) { return; }
        try
        {
            var counts = await windows.AddAsync([.. seen.Select(one => one.Hits)], ct);
            for (var index = 0; index < seen.Count; index++) { seen[index].Counter.Learn(counts[index]); }
            _faulty = false;
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            // Each replica then limits by what it sees itself.
            if (!_faulty) { Log.RateLimitsNotShared(logger, error.Message.Split('\n')[0]); }
            _faulty = true;
        }
        catch (OperationCanceledException)
        {
        }
    }

    /// <summary>What one caller did in the window that is open.</summary>
    private sealed class Counter(TimeSpan window)
    {
        private readonly Lock _lock = new();
        private DateTimeOffset _ends;
        private long _total;
        private long _unshared;

        public TimeSpan Window => window;

        public RateCount Add(DateTimeOffset now)
        {
            lock (_lock)
            {
                if (now >= _ends)
                {
                    _ends = new(now.UtcTicks - (now.UtcTicks % window.Ticks) + window.Ticks, TimeSpan.Zero);
                    (_total, _unshared) = (0, 0);
                }
                _unshared++;
                return new(++_total, _ends - now);
            }
        }

        /// <summary>What the others have not been told yet.</summary>
        public long Take(DateTimeOffset now)
        {
            lock (_lock)
            {
                var hits = now < _ends ? _unshared : 0;
                _unshared = 0;
                return hits;
            }
        }

        public void Learn(long total)
        {
            lock (_lock) { _total = Math.Max(_total, total + _unshared); }
        }

        public bool HasEnded(DateTimeOffset now)
        {
            lock (_lock) { return now >= _ends; }
        }
    }
}
