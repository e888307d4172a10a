using System.Globalization;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Takes a tenant the steps that its money and the time ask for.</summary>
internal sealed class Standings(
    Ledger ledger, BotPrices prices, BillingMails mails, TenantWebhooks webhooks, Outbox outbox, RuntimeOptions options, TimeProvider time)
{
    // A state may be over already when it begins: a grace of no days.
    private const int StepsMax = 4;

    /// <summary>The caller's transaction holds the tenant's standing until it ends.</summary>
    public async Task StepAsync(Db tx, string tenant, Occasion occasion, CancellationToken ct)
    {
        var now = time.Now();
        await StandingSql.EnsureAsync(tx, tenant, now, ct);
        var standing = (await StandingSql.LockAsync(tx, tenant, ct))!;
        var balance = await ledger.BalanceAsync(tx, tenant, ct);
        var (bots, daily) = await BotSql.CostAsync(tx, tenant, prices, ct);
        var funds = FundsOf(balance.Total, daily, options);
        for (var step = 0; step < StepsMax; step++)
        {
            var (next, effects) = standing.Step(occasion, funds, bots > 0, now, options);
            foreach (var effect in effects) { await DoAsync(tx, tenant, effect, next, balance.Total, daily, ct); }
            if (next == standing) { break; }
            standing = next;
        }
        await StandingSql.SaveAsync(tx, tenant, standing, standing.NextLook(now), ct);
    }

    internal static Funds FundsOf(Money balance, Money daily, RuntimeOptions options) =>
        balance <= Money.Zero ? Funds.Empty
        : balance < Money.FromCents(options.LowCents) || balance.Nanos / Math.Max(daily.Nanos, 1) < options.LowDays ? Funds.Low
        : Funds.Enough;

    private async Task DoAsync(
        Db tx, string tenant, StandingEffect effect, Standing standing, Money balance, Money daily, CancellationToken ct)
    {
        switch (effect)
        {
            case StandingEffect.TellLow:
                await mails.LowBalanceAsync(tx, tenant, balance, daily, ct);
                await LowAsync(tx, tenant, balance, daily, ct);
                break;
            case StandingEffect.TellGrace:
                await mails.GraceAsync(tx, tenant, standing.GraceUntil!.Value, ct);
                await LowAsync(tx, tenant, balance, daily, ct);
                break;
            case StandingEffect.TellSuspended:
                await mails.SuspendedAsync(tx, tenant, standing.DestroyAfter!.Value, ct);
                break;
            case StandingEffect.TellReminder:
                await mails.DeletionReminderAsync(tx, tenant, standing.DestroyAfter!.Value,
                    (int)Math.Ceiling((standing.DestroyAfter.Value - time.Now()).TotalDays), ct);
                break;
            case StandingEffect.TellDeleted:
                await mails.DeletedAsync(tx, tenant, ct);
                break;
            case StandingEffect.Suspend:
                await outbox.SendAsync(tx, new BotsSuspended(tenant), ct);
                await webhooks.EnqueueAsync(tx, tenant, WebhookEvents.BotSuspended,
                    new Dictionary<string, object?> { ["reason"] = "insufficient_credits", ["destroyAfter"] = standing.DestroyAfter }, ct);
                break;
            case StandingEffect.Resume:
                await outbox.SendAsync(tx, new BotsResumed(tenant), ct);
                await webhooks.EnqueueAsync(tx, tenant, WebhookEvents.BotResumed, new Dictionary<string, object?> { ["reason"] = "paid" }, ct);
                break;
            case StandingEffect.Expire:
                await outbox.SendAsync(tx, new BotsExpired(tenant), ct);
                break;
            default:
                throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Nothing does {effect}."));
        }
    }

    private Task LowAsync(Db tx, string tenant, Money balance, Money daily, CancellationToken ct) =>
        webhooks.EnqueueAsync(tx, tenant, WebhookEvents.BalanceLow,
            new Dictionary<string, object?> { ["balance_cents"] = balance.Cents, ["daily_cents"] = daily.Cents }, ct);
}

/// <summary>Money came in: whoever was stopped for want of it goes on.</summary>
internal sealed class ResumeOnPayment(Db db, Standings standings) : IHandle<BalanceRaised>
{
    public Task HandleAsync(BalanceRaised message, OutboxDelivery delivery, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        await standings.StepAsync(tx, message.Tenant, Occasion.Payment, ct);
        return Done.Instance;
    }, ct);
}
