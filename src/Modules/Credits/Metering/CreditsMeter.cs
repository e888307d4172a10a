using System.Diagnostics.Metrics;
using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>Counts what operators must know of.</summary>
internal static class CreditsMeter
{
    private static readonly Meter s_meter = new("Wopr.Credits");
    private static readonly Counter<long> s_short = s_meter.CreateCounter<long>(
        "wopr.credits.debit_failed", description: "Answers that were served and could not be charged in full.");
    private static readonly Counter<long> s_shortNanos = s_meter.CreateCounter<long>(
        "wopr.credits.debit_failed_nanos", description: "What was missing.");

    public static void Short(Money missing)
    {
        s_short.Add(1);
        s_shortNanos.Add(missing.Nanos);
    }
}
