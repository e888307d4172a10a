using Microsoft.Extensions.Hosting;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class BillingNews
{
    public static void AddBillingNews(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOutboxHandler<PaymentCredited, PaymentNews>();
        builder.Services.AddOutboxHandler<SubscriptionPaymentFailed, SubscriptionNews>();
        builder.Services.AddOutboxHandler<PaymentTaken, TakenNews>();
    }

    /// <summary>False when it was told: a message whose success was not written down comes again.</summary>
    public static async Task<bool> IsNewAsync(Db tx, string reference, CancellationToken ct) => await tx.ExecuteAsync(
        $"insert into billing.news_told (reference) values ({reference}) on conflict do nothing", ct) == 1;
}

/// <summary>Tells the tenant of a payment: by mail to its owner, and where its webhooks are.</summary>
internal sealed class PaymentNews(Db db, Ledger ledger, BillingMails mails, TenantWebhooks webhooks) : IHandle<PaymentCredited>
{
    public Task HandleAsync(PaymentCredited message, OutboxDelivery delivery, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        if (!await BillingNews.IsNewAsync(tx, message.Reference, ct)) { return Done.Instance; }
        var (credited, balance) = (new Money(message.CreditedNanos), (await ledger.BalanceAsync(tx, message.Tenant, ct)).Total);
        await (message.Kind == "top_up"
            ? mails.TopUpSucceededAsync(tx, message.Tenant, credited, balance, ct)
            : mails.ReceiptAsync(tx, message.Tenant, Money.FromCents(message.Cents), message.Reference, ct));
        await webhooks.EnqueueAsync(tx, message.Tenant, WebhookEvents.PaymentReceived, new Dictionary<string, object?>
        {
            ["kind"] = message.Kind,
            ["reference"] = message.Reference,
            ["amount_cents"] = message.Cents,
            ["credited_cents"] = credited.Cents,
            ["balance_cents"] = balance.Cents,
        }, ct);
        return Done.Instance;
    }, ct);
}

/// <summary>Stripe itself writes to the owner about a declined month; the tenant's programs learn it here.</summary>
internal sealed class SubscriptionNews(Db db, TenantWebhooks webhooks) : IHandle<SubscriptionPaymentFailed>
{
    public Task HandleAsync(SubscriptionPaymentFailed message, OutboxDelivery delivery, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        if (await BillingNews.IsNewAsync(tx, $"failed:{delivery.Id}", ct))
        {
            await webhooks.EnqueueAsync(tx, message.Tenant, WebhookEvents.PaymentFailed,
                new Dictionary<string, object?> { ["kind"] = "subscription", ["invoice"] = message.Invoice }, ct);
        }
        return Done.Instance;
    }, ct);
}

internal sealed class TakenNews(Db db, BillingMails mails) : IHandle<PaymentTaken>
{
    public Task HandleAsync(PaymentTaken message, OutboxDelivery delivery, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        if (!await BillingNews.IsNewAsync(tx, message.Reference, ct)) { return Done.Instance; }
        await (message.Kind == "refund"
            ? mails.RefundedAsync(tx, message.Tenant, new(message.Nanos), ct)
            : mails.DisputedAsync(tx, message.Tenant, new(message.Nanos), ct));
        return Done.Instance;
    }, ct);
}
