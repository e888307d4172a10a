namespace Wopr.Gateway.Routing;

/// <summary>A refusal is no failure of the provider's: it answers, and wants to be asked less.</summary>
internal enum Outcome { Good, Bad, Refused }

/// <summary>What became of the last minute's requests, in a few numbers. Its owner keeps it from two callers at once.</summary>
internal sealed class Outcomes
{
    private const int Slots = 20;
    private const int WindowSlots = 10;
    private const int FirstBytesMax = 64;

    private static readonly TimeSpan s_slot = TimeSpan.FromSeconds(3);

    private readonly int[][] _counts = [new int[Slots], new int[Slots], new int[Slots]];
    private readonly long[] _firstBytes = new long[FirstBytesMax];
    private int _firstBytesCount;
    private long _slot;

    public static TimeSpan Window => s_slot * WindowSlots;

    /// <param name="age">Since the process began; never less than the last time.</param>
    public void Add(TimeSpan age, Outcome outcome, TimeSpan? firstByte = null)
    {
        MoveTo(age);
        _counts[(int)outcome][_slot % Slots]++;
        if (firstByte is { } took) { _firstBytes[_firstBytesCount++ % FirstBytesMax] = took.Ticks; }
    }

    /// <summary>In the last 30 seconds.</summary>
    public int Recent(TimeSpan age, Outcome outcome)
    {
        MoveTo(age);
        var sum = 0;
        for (var back = 0; back < WindowSlots; back++) { sum += _counts[(int)outcome][(_slot - back + Slots) % Slots]; }
        return sum;
    }

    public int LastMinute(TimeSpan age)
    {
        MoveTo(age);
        return _counts.Sum(slots => slots.Sum());
    }

    public TimeSpan? P50FirstByte()
    {
        var count = Math.Min(_firstBytesCount, FirstBytesMax);
        if (count == 0) { return null; }
        var sorted = _firstBytes.AsSpan(0, count).ToArray();
        Array.Sort(sorted);
        return TimeSpan.FromTicks(sorted[(count - 1) / 2]);
    }

    /// <summary>A circuit that closes begins anew: what opened it must not open it again.</summary>
    public void ForgetFailures() => Array.Clear(_counts[(int)Outcome.Bad]);

    private void MoveTo(TimeSpan age)
    {
        var now = age.Ticks / s_slot.Ticks;
        var passed = Math.Min(now - _slot, Slots);
        for (var step = 1; step <= passed; step++)
        {
            foreach (var slots in _counts) { slots[(_slot + step) % Slots] = 0; }
        }
        _slot = Math.Max(_slot, now);
    }
}
