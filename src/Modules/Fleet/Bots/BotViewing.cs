using Wopr.Billing;

namespace Wopr.Fleet;

/// <summary>Bots as they are shown.</summary>
internal sealed class BotViewing(BotSecrets secrets, BotPrices prices)
{
    public BotView Of(BotSeenNow seen) => BotView.From(seen, secrets.EnvNames(seen.Bot)) with
    {
        LastSaidAt = seen.LastSaidAt,
        DailyCents = prices.Of(seen.Bot.Profile.ResourceTier, seen.Bot.Profile.StorageTier).Total.Cents,
    };

    /// <summary>Of one that nobody has seen yet, or whose looks do not matter to the caller.</summary>
    public BotView Of(Bot bot) => Of(new BotSeenNow(bot, null));

    public BotList Of(IEnumerable<BotSeenNow> bots) => new([.. bots.Select(Of)]);
}
