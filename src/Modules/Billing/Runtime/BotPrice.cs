using Wopr.Kernel;
using Wopr.Quotas;

namespace Wopr.Billing;

/// <summary>What a bot costs on one UTC day.</summary>
/// <param name="Runtime">When it was active at any moment of the day.</param>
/// <param name="Storage">Always.</param>
public sealed record DayPrice(Money Runtime, Money Storage)
{
    public Money Total => Runtime + Storage;
}

public sealed class BotPrices(RuntimeOptions options)
{
    private const int HoursOfDay = 24;

    /// <exception cref="ArgumentException">There is no such tier.</exception>
    public DayPrice Of(string resourceTier, string storageTier) => new(
        Money.FromCents(options.BaseCents + Known(ResourceTier.Find(resourceTier), nameof(resourceTier)).DailyCost),
        Money.FromCents(Known(StorageTier.Find(storageTier), nameof(storageTier)).DailyCost));

    internal (string[] Tiers, long[] Nanos) Runtime => (
        [.. ResourceTier.All.Select(tier => tier.Key)],
        [.. ResourceTier.All.Select(tier => Money.FromCents(options.BaseCents + tier.DailyCost).Nanos)]);

    internal static (string[] Tiers, long[] Nanos) Storage { get; } = (
        [.. StorageTier.All.Select(tier => tier.Key)],
        [.. StorageTier.All.Select(tier => Money.FromCents(tier.DailyCost).Nanos)]);

    /// <summary>The hours that are left of its first day; an hour that has begun counts.</summary>
    internal static int HoursLeft(DateTimeOffset at) => HoursOfDay - at.UtcDateTime.Hour;

    /// <summary>A part of a nano-dollar is not charged.</summary>
    internal static Money Prorated(Money day, int hours) => new(checked(day.Nanos * hours) / HoursOfDay);

    private static T Known<T>(T? tier, string name) where T : class => tier ?? throw new ArgumentException("There is no such tier.", name);
}
