using System.Diagnostics.CodeAnalysis;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What is on sale: packs, paid once, and the subscription.</summary>
internal sealed class CreditPrices(StripeOptions options)
{
    /// <summary>What each paid month of the subscription costs and grants.</summary>
    public const long SubscriptionCents = 500;

    public IReadOnlyList<CreditPack> Packs { get; } = options.Packs();

    public string? SubscriptionPriceId { get; } = options.SubscriptionPriceId;

    public CreditPack? Pack(string priceId) => Packs.FirstOrDefault(pack => pack.PriceId == priceId);

    public bool IsSubscription([NotNullWhen(true)] string? priceId) => priceId is not null && priceId == SubscriptionPriceId;

    /// <summary>A payment of another amount than a pack's is credited one to one.</summary>
    public Money BonusOf(long cents) => Packs.FirstOrDefault(pack => pack.Cents == cents) is { } pack
        ? Money.FromCents(pack.CreditCents - pack.Cents)
        : Money.Zero;
}
