namespace Wopr.Billing;

/// <summary>A one-time payment and the credits it buys.</summary>
internal sealed record CreditPack(string PriceId, long Cents, long CreditCents)
{
    /// <summary>What the larger packs give on top, in percent by dollars.</summary>
    private static readonly Dictionary<long, long> s_bonuses = new() { [25] = 2, [50] = 5, [100] = 10 };

    public long BonusPercent => (CreditCents - Cents) * 100 / Cents;

    public string Label => $"${Cents / 100}";

    public static CreditPack Of(string priceId, long dollars) =>
        new(priceId, dollars * 100, dollars * (100 + s_bonuses.GetValueOrDefault(dollars)));
}
