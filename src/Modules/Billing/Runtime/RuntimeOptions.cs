using Wopr.Kernel;

namespace Wopr.Billing;

public sealed class RuntimeOptions : ISettings
{
    [Setting("BOT_DAY_CENTS", "What a bot of the standard tiers costs a day, in cents.", Min = 1, Max = 10_000)]
    public int BaseCents { get; set; } = 17;

    [Setting("LOW_BALANCE_CENTS", "A tenant is warned when its balance falls below this many cents.", Min = 0, Max = 1_000_000)]
    public int LowCents { get; set; } = 100;

    [Setting("LOW_RUNWAY_DAYS", "A tenant is warned when its balance lasts its bots for fewer days than this.", Min = 0, Max = 365)]
    public int LowDays { get; set; } = 3;

    [Setting("GRACE_DAYS", "How many days bots go on after the balance is used up.", Min = 0, Max = 365)]
    public int GraceDays { get; set; } = 3;

    [Setting("DELETION_DAYS", "How many days the data of suspended bots is kept.", Min = 8, Max = 3650)]
    public int DeletionDays { get; set; } = 30;

    public IEnumerable<string> Faults(bool production) => [];
}
