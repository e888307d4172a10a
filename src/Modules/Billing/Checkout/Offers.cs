namespace Wopr.Billing;

public sealed record CreditOption(string PriceId, string Label, long AmountCents, long CreditCents, long BonusPercent)
{
    internal static List<CreditOption> All(CreditPrices prices) =>
    [
        .. prices.Packs.Select(pack => new CreditOption(pack.PriceId, pack.Label, pack.Cents, pack.CreditCents, pack.BonusPercent)),
    ];
}

/// <param name="InstanceCap">Null when there is no limit.</param>
public sealed record PlanFeatures(long? InstanceCap, string Channels, string Plugins, string Support, IReadOnlyList<string> Extras);

/// <param name="Price">Dollars a month.</param>
/// <param name="PriceId">What a checkout for it names; null when there is nothing to buy.</param>
public sealed record PlanView(
    string Id, string Tier, string Name, long Price, string PriceLabel, PlanFeatures Features, bool Recommended, string? PriceId)
{
    internal static List<PlanView> All(CreditPrices prices)
    {
        var payAsYouGo = new PlanView("free", "free", "Pay as you go", 0, "$0/month",
            new(null, "All channels", "All plugins", "By mail", ["Buy credits when you need them"]),
            Recommended: prices.SubscriptionPriceId is null, PriceId: null);
        return prices.SubscriptionPriceId is not { } price ? [payAsYouGo] :
        [
            payAsYouGo,
            new("monthly", "free", "Monthly credits", CreditPrices.SubscriptionCents / 100, "$5/month",
                new(null, "All channels", "All plugins", "By mail", ["$5 of credits every month", "Unused credits stay"]),
                Recommended: true, price),
        ];
    }
}
