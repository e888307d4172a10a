using System.Collections.Concurrent;

namespace Wopr.Credits.Simulation;

internal sealed record Failure(int Seed, string Law, Trace Trace);

/// <summary>Many seeds, on as many threads as there are cores, each with a database of its own.</summary>
internal static class Seeds
{
    public static async Task<(List<Failure> Failures, int Ran)> RunAsync(int first, int count, bool stopAtFirst, CancellationToken ct)
    {
        ConcurrentQueue<int> left = new(Enumerable.Range(first, count));
        ConcurrentBag<Failure> failures = [];
        var ran = 0;
        using Watchdog watchdog = new();
        await Task.WhenAll(Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 4)).Select(async _ =>
        {
            await using var lane = await Lane.CreateAsync(ct);
            await Task.Factory.StartNew(() =>
            {
                while (!ct.IsCancellationRequested && !(stopAtFirst && !failures.IsEmpty) && left.TryDequeue(out var seed))
                {
                    Trace trace = new();
                    watchdog.Begin(seed, trace);
                    var broken = World.Run(seed, lane, trace);
                    watchdog.End(seed);
                    Interlocked.Increment(ref ran);
                    if (broken is not null) { failures.Add(new(seed, broken, trace)); }
                }
            }, ct, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }));
        return ([.. failures.OrderBy(failure => failure.Seed)], ran);
    }
}
