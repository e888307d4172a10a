using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// What each kind of event does, in the transaction that remembers it. Nothing here depends on the order in which events
/// come: each is judged by the object it carries and by what was posted before.
/// </summary>
internal sealed class StripeEffects(
    Payments payments, Reversals reversals, Subscriptions subscriptions, Outbox outbox, StripeOptions options)
{
    private const string TopUpSource = "auto_topup";

    /// <param name="tenant">Whose it is when an operator said so.</param>
    public Task<Outcome> ApplyAsync(Db tx, StripeEvent said, string? tenant, CancellationToken ct)
    {
        var thing = said.Object;
        // With a live key, a payment of Stripe's test mode brought no money.
        if (options.IsLive && !said.IsLive) { return Done(Outcome.Waits(Unprocessed.TestMode, tenant, thing, "amount")); }
        return said.Type switch
        {
            "checkout.session.completed" or "checkout.session.async_payment_succeeded" => SessionAsync(tx, thing, tenant, ct),
            "checkout.session.async_payment_failed" or "checkout.session.expired" => Done(Outcome.Nothing(TenantOf(thing))),
            "payment_intent.succeeded" => IntentAsync(tx, thing, tenant, ct),
            "payment_intent.payment_failed" => IntentFailedAsync(tx, thing, ct),
            "charge.refunded" => RefundAsync(tx, thing, ct),
            "charge.refund.updated" or "refund.updated" or "refund.failed" => Done(thing.Word("status") is "failed" or "canceled"
                ? Outcome.Waits(Unprocessed.RefundFailed, tenant, thing, "amount")
                : Outcome.Ignored),
            "charge.dispute.created" or "charge.dispute.updated" or "charge.dispute.closed" or "charge.dispute.funds_withdrawn"
                or "charge.dispute.funds_reinstated" => DisputeAsync(tx, thing, ct),
            "invoice.paid" => InvoiceAsync(tx, thing, tenant, ct),
            "invoice.payment_failed" => InvoiceFailedAsync(tx, thing, ct),
            "customer.subscription.created" or "customer.subscription.updated" or "customer.subscription.deleted" =>
                subscriptions.SaveAsync(tx, said, tenant, ct),
            "customer.deleted" => CustomerDeletedAsync(tx, thing, ct),
            _ => Done(Outcome.Ignored),
        };
    }

    private Task<Outcome> SessionAsync(Db tx, StripeObject session, string? byOperator, CancellationToken ct)
    {
        var tenant = byOperator ?? TenantOf(session);
        // A completed checkout may still wait for a slow way of paying; async_payment_succeeded comes then.
        if (session.Word("payment_status") is not ("paid" or "no_payment_required")) { return Done(Outcome.Nothing(tenant)); }
        // A subscription's months are credited by their invoices.
        return session.Word("mode") is "subscription" or "setup"
            ? payments.MeetAsync(tx, tenant, session, byOperator is not null, ct)
            : payments.CreditAsync(tx, new(PaymentKind.Purchase, tenant, session, "amount_total", session.Id("payment_intent"), null,
                byOperator is not null), ct);
    }

    private async Task<Outcome> IntentAsync(Db tx, StripeObject intent, string? byOperator, CancellationToken ct)
    {
        var tenant = byOperator ?? intent.Metadata("wopr_tenant");
        var source = intent.Metadata("wopr_source");
        // A checkout's payment is credited by its session, an invoice's by the invoice.
        if (source != TopUpSource && (intent.Metadata("wopr_purchase_type") is not null || intent.Id("invoice") is not null || tenant is null))
        {
            return Outcome.Ignored;
        }
        if (intent.Word("status") is { } status && status != "succeeded") { return Outcome.Nothing(tenant); }
        if (intent.Number("amount_received") is { } received && received != intent.Number("amount"))
        {
            return Outcome.Waits(Unprocessed.AmountMismatch, tenant, intent, "amount_received");
        }
        var outcome = await payments.CreditAsync(tx, new(PaymentKind.TopUp, tenant, intent, "amount", intent.Word("id"),
            intent.Id("latest_charge"), byOperator is not null), ct);
        if (source == TopUpSource && outcome is { Reason: null, Tenant: { } whose } && intent.Word("id") is { } id)
        {
            await outbox.SendAsync(tx, new TopUpOutcome(whose, id, Succeeded: true, DeclineCode: null), ct);
        }
        return outcome;
    }

    private async Task<Outcome> IntentFailedAsync(Db tx, StripeObject intent, CancellationToken ct)
    {
        if (intent.Metadata("wopr_source") != TopUpSource || intent.Metadata("wopr_tenant") is not { } tenant
            || intent.Word("id") is not { } id)
        {
            return Outcome.Ignored;
        }
        var error = intent.Object("last_payment_error");
        await outbox.SendAsync(tx, new TopUpOutcome(
            tenant, id, Succeeded: false, error?.Word("decline_code") ?? error?.Word("code")), ct);
        return Outcome.Nothing(tenant);
    }

    private Task<Outcome> RefundAsync(Db tx, StripeObject charge, CancellationToken ct) =>
        charge.Word("id") is not { } id ? Done(Outcome.Waits(Unprocessed.NoId, null, charge, "amount_refunded"))
        : ReverseAsync(tx, charge, "amount_refunded", new(id, ReversalKind.Refund, ReversalState.Open, 0,
            charge.Id("payment_intent"), id, charge.Id("invoice")), ct);

    private Task<Outcome> DisputeAsync(Db tx, StripeObject dispute, CancellationToken ct) =>
        dispute.Word("id") is not { } id ? Done(Outcome.Waits(Unprocessed.NoId, null, dispute, "amount"))
        : ReverseAsync(tx, dispute, "amount", new(id, ReversalKind.Dispute, dispute.Word("status") switch
        {
            "won" or "warning_closed" => ReversalState.Won,
            "lost" => ReversalState.Lost,
            "warning_needs_response" or "warning_under_review" => ReversalState.Inquiry,
            _ => ReversalState.Open,
        }, 0, dispute.Id("payment_intent"), dispute.Id("charge"), Invoice: null), ct);

    private Task<Outcome> ReverseAsync(Db tx, StripeObject thing, string amount, Reversal told, CancellationToken ct) =>
        thing.Word("currency") is not "usd" ? Done(Outcome.Waits(Unprocessed.ForeignCurrency, null, thing, amount))
        : thing.Number(amount) is not (>= 0 and <= Payment.CentsMax and var cents)
            ? Done(Outcome.Waits(Unprocessed.AmountInvalid, null, thing, amount))
        : reversals.RecordAsync(tx, told with { Cents = cents }, ct);

    private async Task<Outcome> InvoiceAsync(Db tx, StripeObject invoice, string? byOperator, CancellationToken ct)
    {
        // The invoice of a pack is a receipt; its session credits.
        if (invoice.Metadata("wopr_purchase_type") == "credits") { return Outcome.Nothing(invoice.Metadata("wopr_tenant")); }
        if (SubscriptionOf(invoice) is not { } subscription)
        {
            return Outcome.Waits(Unprocessed.NotASubscription, byOperator, invoice, "amount_paid");
        }
        if (invoice.Word("status") is { } status && status != "paid") { return Outcome.Nothing(byOperator); }
        var tenant = byOperator ?? await TenantOfInvoiceAsync(tx, invoice, subscription, ct);
        return await payments.CreditAsync(tx, new(PaymentKind.Subscription, tenant, invoice, "amount_paid",
            invoice.Id("payment_intent") ?? invoice.Object("payments")?.First("data")?.Object("payment")?.Id("payment_intent"),
            invoice.Id("charge"), byOperator is not null), ct);
    }

    private async Task<Outcome> InvoiceFailedAsync(Db tx, StripeObject invoice, CancellationToken ct)
    {
        if (SubscriptionOf(invoice) is not { } subscription || invoice.Word("id") is not { } id) { return Outcome.Ignored; }
        if (await TenantOfInvoiceAsync(tx, invoice, subscription, ct) is not { } tenant) { return Outcome.Ignored; }
        await outbox.SendAsync(tx, new SubscriptionPaymentFailed(tenant, id), ct);
        return Outcome.Nothing(tenant);
    }

    private static async Task<string?> TenantOfInvoiceAsync(Db tx, StripeObject invoice, string subscription, CancellationToken ct) =>
        (invoice.Object("subscription_details") ?? invoice.Object("parent")?.Object("subscription_details"))?.Metadata("wopr_tenant")
        ?? await Subscriptions.TenantOfAsync(tx, subscription, invoice.Id("customer"), ct);

    // Newer versions of Stripe's API tell it one level deeper.
    private static string? SubscriptionOf(StripeObject invoice) => invoice.Id("subscription")
        ?? invoice.Object("parent")?.Object("subscription_details")?.Id("subscription");

    private static async Task<Outcome> CustomerDeletedAsync(Db tx, StripeObject customer, CancellationToken ct)
    {
        if (customer.Word("id") is not { } id) { return Outcome.Ignored; }
        await TenantCustomers.ForgetAsync(tx, id, ct);
        return new(IsHandled: true);
    }

    private static string? TenantOf(StripeObject session) =>
        session.Word("client_reference_id") ?? session.Metadata("wopr_tenant");

    private static Task<Outcome> Done(Outcome outcome) => Task.FromResult(outcome);
}
