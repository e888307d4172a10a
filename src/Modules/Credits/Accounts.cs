namespace Wopr.Credits;

/// <summary>The names of the accounts between which entries move money.</summary>
internal static class Accounts
{
    public const string Tenant = "tenant";
    public const string Receivable = "receivable";
    public const string Shortfall = "shortfall";
    public const string Expired = "expired";
    public const string UsageRevenue = "revenue_usage";

    /// <summary>Where the money of a kind comes from, and goes back to.</summary>
    public static string Income(EntryKind kind) => kind switch
    {
        EntryKind.Purchase or EntryKind.Subscription or EntryKind.TopUp => "stripe",
        EntryKind.Bonus or EntryKind.Grant => "grants",
        EntryKind.Refund => "refunds",
        EntryKind.Dispute or EntryKind.Reinstatement => "disputes",
        EntryKind.Adjustment => "adjustments",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Nothing comes in this way."),
    };

    public static string Revenue(EntryKind kind) => kind switch
    {
        EntryKind.Usage => UsageRevenue,
        EntryKind.Runtime => "revenue_runtime",
        EntryKind.Storage => "revenue_storage",
        EntryKind.Adjustment => "adjustments",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Nothing is charged this way."),
    };
}
