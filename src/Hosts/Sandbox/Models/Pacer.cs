using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace Wopr.Sandbox.Models;

/// <summary>
/// Wakes many streams to the millisecond. The runtime's own timers count in steps of up to 4 ms on Linux, which would
/// show as a provider's jitter in every measurement.
/// </summary>
internal sealed class Pacer
{
    private static readonly Lazy<Pacer> s_shared = new(() => new());

    private readonly object _gate = new();
    private readonly PriorityQueue<Waiter, long> _waiting = new();

    private Pacer() => new Thread(Run) { IsBackground = true, Name = "pacer" }.Start();

    public static Waiter NewWaiter() => new(s_shared.Value);

    private void Add(Waiter waiter, long due)
    {
        lock (_gate)
        {
            _waiting.Enqueue(waiter, due);
            if (_waiting.Peek() == waiter) { Monitor.Pulse(_gate); }
        }
    }

    private void Run()
    {
        while (true)
        {
            Waiter woken;
            lock (_gate)
            {
                while (true)
                {
                    if (!_waiting.TryPeek(out var first, out var due))
                    {
                        Monitor.Wait(_gate);
                        continue;
                    }
                    var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                    if (left <= TimeSpan.Zero)
                    {
                        woken = first;
                        _waiting.Dequeue();
                        break;
                    }
                    Monitor.Wait(_gate, (int)Math.Ceiling(left.TotalMilliseconds));
                }
            }
            woken.Wake();
        }
    }

    /// <summary>Waits for one moment after the other.</summary>
    internal sealed class Waiter(Pacer pacer) : IValueTaskSource
    {
        private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(200);

        private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };

        /// <summary>Until that much time went by since the timestamp.</summary>
        public async ValueTask UntilAsync(long since, TimeSpan passed, CancellationToken ct)
        {
            var due = since + (long)(passed.TotalSeconds * Stopwatch.Frequency);
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (left <= TimeSpan.Zero) { return; }
            // Only what is short is waited for to its end when nobody listens any more.
            if (left > s_soon) { await Task.Delay(left - (s_soon / 2), ct); }
            _core.Reset();
            pacer.Add(this, due);
            await new ValueTask(this, _core.Version);
        }

        public void Wake() => _core.SetResult(true);

        void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

        void IValueTaskSource.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
