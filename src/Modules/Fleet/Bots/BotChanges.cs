using Wopr.Audit;
using Wopr.Billing;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>
/// The one way in which a bot's row changes: in the caller's transaction, with what it means for the bill, the trail,
/// its owner's history and its agent.
/// </summary>
internal sealed class BotChanges(BotMeter meter, BotEvents events, TenantWebhooks webhooks, AuditLog audit, TimeProvider time)
{
    /// <summary>Names a bot that the reconciler is to look at; empty for all.</summary>
    public const string Channel = "fleet_bot";

    /// <summary>Somebody's verb: the agent must hear of it.</summary>
    public async Task<Bot> WriteAsync(Db tx, Actor actor, Bot before, Bot after, string kind, string message, CancellationToken ct)
    {
        var changed = await SaveAsync(tx, before, after with { Version = before.Version + 1 }, ct);
        await NudgeAsync(tx, changed.Id, ct);
        await audit.WriteAsync(tx, actor, new($"fleet.bot_{kind}", $"bot:{changed.Id}", changed.TenantId,
            new Dictionary<string, string> { ["name"] = changed.Profile.Name }), ct);
        await TellAsync(tx, changed, actor, $"bot.{kind}", message, ct);
        return changed;
    }

    /// <summary>The row, and what follows for the bill. The caller tells of it last.</summary>
    public async Task<Bot> SaveAsync(Db tx, Bot before, Bot after, CancellationToken ct)
    {
        var hasMoved = before.State != after.State;
        if (hasMoved && !BotStates.CanMove(before.State, after.State))
        {
            throw new InvalidOperationException($"A bot does not go from {before.State} to {after.State}.");
        }
        var changed = after with { UpdatedAt = time.Now() };
        await BotSql.UpdateAsync(tx, changed, hasMoved, ct);
        if (hasMoved || before.Profile != after.Profile || before.ErasedAt != after.ErasedAt) { await ObserveAsync(tx, changed, ct); }
        return changed;
    }

    public Task ObserveAsync(Db tx, Bot bot, CancellationToken ct) => meter.ObserveAsync(tx, new(
        bot.Id, bot.TenantId, bot.Profile.Name,
        bot.State == BotState.Deleted ? BotPresence.Deleted : BotStates.IsActive(bot.State) ? BotPresence.Active : BotPresence.AtRest,
        bot.Profile.ResourceTier, bot.Profile.StorageTier), ct);

    /// <summary>To its owner's history, and to whoever wants to be called. The last thing of a transaction.</summary>
    public async Task TellAsync(Db tx, Bot bot, Actor actor, string kind, string message, CancellationToken ct)
    {
        await webhooks.EnqueueAsync(tx, bot.TenantId, WebhookEvents.BotState, new Dictionary<string, object?>
        {
            ["botId"] = bot.Id,
            ["name"] = bot.Profile.Name,
            ["event"] = kind,
            ["state"] = Sql.Name(bot.State),
        }, ct);
        await events.AddAsync(tx, bot, actor, kind, message, ct);
    }

#pragma warning disable CA1822 // An instance like its neighbours.
    public Task NudgeAsync(Db tx, Guid bot, CancellationToken ct) =>
        tx.ExecuteAsync($"select pg_notify({Channel}, {bot.ToString()})", ct);
#pragma warning restore CA1822
}
