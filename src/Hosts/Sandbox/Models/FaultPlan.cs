namespace Wopr.Sandbox.Models;

/// <summary>Which requests something goes wrong with: all, the first ones, those after, or as the seed throws its
/// dice.</summary>
internal sealed class FaultPlan(Faults faults, int after, int? first, double probability, ulong seed)
{
    private long _requests;

    public Faults Draw()
    {
        var request = Interlocked.Increment(ref _requests) - 1;
        return request >= after && (first is not { } count || request < (long)after + count)
            && (probability >= 1 || Dice(seed + (ulong)request) < probability) ? faults : Faults.None;
    }

    // SplitMix64: the same throw for the same number on every machine.
    internal static double Dice(ulong number)
    {
        number += 0x9E3779B97F4A7C15;
        number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
        return ((number ^ (number >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
