using Wopr.Auth;
using Wopr.Billing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Makes a tenant's bots what its money and the operators let them be. The news comes late and in any order, so how it
/// stands is asked when it comes; what the owner wanted of a bot is kept and holds again when it may run.
/// </summary>
internal sealed class StandingNews(Db db, BillingStanding standing, TenantDirectory tenants, BotChanges changes, TimeProvider time)
    : IHandle<BotsSuspended>, IHandle<BotsResumed>, IHandle<BotsExpired>, IHandle<TenantStatusChanged>, IHandle<TenantErased>
{
    public Task HandleAsync(BotsSuspended message, OutboxDelivery delivery, CancellationToken ct) => ApplyAsync(message.Tenant, ct);

    public Task HandleAsync(BotsResumed message, OutboxDelivery delivery, CancellationToken ct) => ApplyAsync(message.Tenant, ct);

    public Task HandleAsync(BotsExpired message, OutboxDelivery delivery, CancellationToken ct) => ApplyAsync(message.Tenant, ct);

    public Task HandleAsync(TenantStatusChanged message, OutboxDelivery delivery, CancellationToken ct) => ApplyAsync(message.Tenant, ct);

    public Task HandleAsync(TenantErased message, OutboxDelivery delivery, CancellationToken ct) => ApplyAsync(message.Tenant, ct);

    private async Task ApplyAsync(string tenant, CancellationToken ct)
    {
        // One transaction each: who has told of a bot locks no other.
        foreach (var id in await BotSql.OfTenantAsync(db, tenant, ct))
        {
            await db.TransactAsync(async tx =>
            {
                var money = await standing.OfAsync(tx, tenant, ct);
                var status = await tenants.StatusAsync(tx, tenant, ct);
                if (await BotSql.LockAsync(tx, tenant, id, ct) is { } bot && Change(bot, money, status) is { } change)
                {
                    await changes.WriteAsync(tx, Actor.System with { TenantId = tenant }, bot, change.Bot, change.Kind, change.Message, ct);
                }
                return Done.Instance;
            }, ct);
        }
    }

    private (Bot Bot, string Kind, string Message)? Change(Bot bot, TenantStanding money, TenantStatus? status)
    {
        if (status == TenantStatus.Erased)
        {
            return bot.Wish == BotWish.Erase ? null
                : (Gone(bot), "erased", $"{bot.Profile.Name} and its data are deleted, because its account is.");
        }
        if (bot.IsDeleted) { return null; }
        if (money.State == StandingState.Expired)
        {
            return (Gone(bot), "expired", $"{bot.Profile.Name} and its data are deleted, because it was not paid for a month.");
        }
        var mayRun = money.IsServed && status != TenantStatus.Suspended;
        return (bot.Billing, mayRun) switch
        {
            (BillingState.Active, false) => (bot with
            {
                Billing = BillingState.Suspended,
                SuspendedAt = time.Now(),
                DestroyAfter = money.DestroyAfter,
            }, "suspended", money.IsServed
                ? $"{bot.Profile.Name} is suspended, because its account is. Its data is kept."
                : $"{bot.Profile.Name} is suspended, because the credits ran out. Its data is kept."),
            (BillingState.Suspended, true) => (bot with
            {
                Billing = BillingState.Active,
                SuspendedAt = null,
                DestroyAfter = null,
                Starts = bot.Starts + 1,
                State = bot.Wish == BotWish.Run && bot.State == BotState.Suspended ? BotState.Provisioning : bot.State,
            }, "resumed", $"{bot.Profile.Name} goes on."),
            _ => null,
        };
    }

    // Its time to come back is over at once; the next look at it erases what there is.
    private Bot Gone(Bot bot) => bot with
    {
        Billing = BillingState.Destroyed,
        State = BotState.Deleted,
        DeletedAt = bot.DeletedAt ?? time.Now(),
        EraseAfter = time.Now(),
        Fault = null,
    };
}
