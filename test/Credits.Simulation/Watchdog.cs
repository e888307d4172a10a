using System.Collections.Concurrent;

namespace Wopr.Credits.Simulation;

/// <summary>Says where a world stands still: a step takes milliseconds.</summary>
internal sealed class Watchdog : IDisposable
{
    private const int TailLines = 30;
    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_stillMax = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, (Trace Trace, int Lines, int Looks)> _running = [];
    private readonly Timer _timer;

    public Watchdog() => _timer = new(_ => Look(), null, s_look, s_look);

    public void Begin(int seed, Trace trace) => _running[seed] = (trace, 0, 0);

    public void End(int seed) => _running.TryRemove(seed, out _);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        foreach (var (seed, known) in _running)
        {
            var lines = known.Trace.Lines.Count;
            var looks = lines == known.Lines ? known.Looks + 1 : 0;
            _running.TryUpdate(seed, (known.Trace, lines, looks), known);
            if (looks != s_stillMax / s_look) { continue; }
            Console.Error.WriteLine($"seed {seed} has made no step for {s_stillMax.TotalSeconds} s:");
            foreach (var line in known.Trace.Lines.Skip(lines - TailLines).ToList()) { Console.Error.WriteLine(line); }
        }
    }
}
