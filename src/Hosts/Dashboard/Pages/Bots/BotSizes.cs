using Wopr.Client;
using Wopr.Dashboard.Parts;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>Tiers as people choose them.</summary>
internal static class BotSizes
{
    public static string Name(string tier) => tier.Length == 0 ? "Standard" : char.ToUpperInvariant(tier[0]) + tier[1..];

    public static IEnumerable<(string, string)> Machines(BotTiers tiers) =>
        tiers.Resource.Select(tier => (tier.Key, $"{tier.Label}: {tier.Description?.Split(';', ',')[0].TrimEnd('.')}{More(tier)}"));

    public static IEnumerable<(string, string)> Storages(BotTiers tiers) =>
        tiers.Storage.Select(tier => (tier.Key, $"{tier.Label}: {tier.LimitGb} GB{More(tier)}"));

    private static string More(BotTier tier) => tier.DailyCost == 0 ? "" : $" (+{Dollars.Cents(tier.DailyCost)} a day)";
}
