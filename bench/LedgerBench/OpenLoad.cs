using System.Diagnostics;

namespace Wopr.LedgerBench;

internal sealed record LoadResult(long Done, long Dropped, long Failed, double PairsPerSecond, double P50, double P99);

/// <summary>
/// Pairs at a fixed rate, whatever the answers take: what is slow piles up and shows, instead of slowing the load. More
/// than <see cref="InFlightMax"/> at once are dropped and counted.
/// </summary>
internal sealed class OpenLoad(IReadOnlyList<IPairs> targets, string[] tenants, double rate)
{
    private const int InFlightMax = 4000;

    private int _inFlight;
    private long _turn;

    public async Task<LoadResult> RunAsync(TimeSpan length)
    {
        var (done, dropped, failed, offered) = (0L, 0L, 0L, 0L);
        List<double>[] waits = [.. targets.Select(_ => new List<double>(1 << 20))];
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) is var elapsed && elapsed < length)
        {
            for (var due = (long)(elapsed.TotalSeconds * rate); offered < due; offered++)
            {
                if (_inFlight >= InFlightMax) { dropped++; continue; }
                Interlocked.Increment(ref _inFlight);
                _ = OneAsync(_turn++);
            }
            await Task.Delay(1);
        }
        var took = Stopwatch.GetElapsedTime(start);
        var inTime = Interlocked.Read(ref done);
        while (Volatile.Read(ref _inFlight) > 0) { await Task.Delay(1); }
        var sorted = waits.SelectMany(list => list).Order().ToArray();
        double At(double share) => sorted.Length == 0 ? 0 : sorted[(int)((sorted.Length - 1) * share)];
        return new(done, dropped, failed, inTime / took.TotalSeconds, At(0.5), At(0.99));

        async Task OneAsync(long turn)
        {
            var asked = Stopwatch.GetTimestamp();
            var target = (int)(turn % targets.Count);
            try
            {
                if (await targets[target].RunAsync(tenants[(int)(turn * 7919 % tenants.Length)])) { Interlocked.Increment(ref done); }
                else { Interlocked.Increment(ref failed); }
            }
            catch (Exception error)
            {
                if (Interlocked.Increment(ref failed) == 1) { Console.Error.WriteLine(error.Message); }
            }
            var wait = Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            lock (waits[target]) { waits[target].Add(wait); }
            Interlocked.Decrement(ref _inFlight);
        }
    }
}
