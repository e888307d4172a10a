using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Wopr.GatewayBench;

/// <summary>
/// Waits to a tenth of a millisecond. The runtime's own timers are a millisecond and more late, which is what a gateway
/// may add.
/// </summary>
internal sealed partial class Pacer
{
    private readonly PriorityQueue<TaskCompletionSource, long> _waiting = new();

    public Pacer() => new Thread(Run) { IsBackground = true, Priority = ThreadPriority.Highest }.Start();

    /// <param name="due">A timestamp of <see cref="Stopwatch"/>.</param>
    public Task UntilAsync(long due)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            _waiting.Enqueue(done, due);
            if (_waiting.Count == 1) { Monitor.Pulse(_waiting); }
        }
        return done.Task;
    }

    private void Run()
    {
        while (true)
        {
            TaskCompletionSource? done = null;
            long due;
            lock (_waiting)
            {
                while (!_waiting.TryPeek(out _, out due)) { Monitor.Wait(_waiting); }
                if (due <= Stopwatch.GetTimestamp()) { done = _waiting.Dequeue(); }
            }
            if (done is not null) { done.SetResult(); }
            else { Sleep(due - Stopwatch.GetTimestamp()); }
        }
    }

    // All waits here are equally long, so nothing due earlier joins the queue meanwhile.
    private static void Sleep(long ticks)
    {
        if (ticks <= 0) { return; }
        Span span = new(0, (nint)(ticks * (1_000_000_000 / Stopwatch.Frequency)));
        _ = Nanosleep(in span, 0);
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Nanosleep(in Span wanted, nint left);

    private readonly record struct Span(nint Seconds, nint Nanoseconds);
}
