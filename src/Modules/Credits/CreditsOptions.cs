using Wopr.Kernel;

namespace Wopr.Credits;

public sealed class CreditsOptions : ISettings
{
    [Setting("USAGE_KEPT_DAYS", "How many days each metered request is kept by itself; its hour's and day's sums stay.",
        Min = 60, Max = 3650)]
    public int UsageKeptDays { get; set; } = 400;

    public IEnumerable<string> Faults(bool production) => [];
}
