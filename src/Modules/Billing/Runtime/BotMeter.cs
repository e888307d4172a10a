using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What a bot is to its bill.</summary>
public enum BotPresence
{
    /// <summary>Running, unhealthy, sleeping, updating or recovering: its day is charged.</summary>
    Active,

    /// <summary>Stopped or suspended: it pays for its storage only.</summary>
    AtRest,

    /// <summary>It and its data are gone: nothing is charged from the next day on.</summary>
    Deleted,
}

public sealed record BotObservation(
    Guid BotId, string TenantId, string Name, BotPresence Presence, string ResourceTier, string StorageTier);

/// <summary>
/// Fleet tells here what a bot has become, in the transaction that makes it so. What was told holds until it is told
/// otherwise, over any number of midnights.
/// </summary>
public sealed class BotMeter(BotPrices prices, TimeProvider time)
{
    /// <exception cref="ArgumentException">A tier is unknown.</exception>
    public async Task ObserveAsync(Db tx, BotObservation bot, CancellationToken ct)
    {
        if (!tx.InTransaction) { throw new InvalidOperationException("A bot is observed in the transaction that changes it."); }
        _ = prices.Of(bot.ResourceTier, bot.StorageTier);
        await StandingSql.EnsureAsync(tx, bot.TenantId, time.Now(), ct);
        var isNew = await BotSql.InsertAsync(tx, bot, time.Now(), ct);
        // Known only under the lock: who waited for it over midnight comes on the next day.
        var wasDeleted = await BotSql.LockAsync(tx, bot.BotId, ct);
        var now = time.Now();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        if (!isNew && !wasDeleted) { await BotSql.RollAsync(tx, bot.BotId, today, prices, ct); }
        await BotSql.ChangeAsync(tx, bot, today, now, ct);
        if (bot.Presence == BotPresence.Deleted) { return; }
        await BotSql.MergeAsync(tx, bot, today, isNew ? BotPrices.HoursLeft(now) : 24, prices.Of(bot.ResourceTier, bot.StorageTier), ct);
    }
}
