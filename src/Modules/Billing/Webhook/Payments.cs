using Wopr.Auth;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Amount">The name of the field that says how much was paid.</param>
/// <param name="ByOperator">An operator said whose it is; then the customer it came with proves nothing.</param>
internal sealed record Paid(
    PaymentKind Kind, string? Tenant, StripeObject Thing, string Amount, string? Intent, string? Charge, bool ByOperator);

/// <summary>Credits what was paid, once.</summary>
internal sealed class Payments(
    Ledger ledger, TenantDirectory tenants, TenantCustomers customers, Reversals reversals, Outbox outbox, CreditPrices prices)
{
    public async Task<Outcome> CreditAsync(Db tx, Paid paid, CancellationToken ct)
    {
        var thing = paid.Thing;
        Outcome Waits(Unprocessed reason) => Outcome.Waits(reason, paid.Tenant, thing, paid.Amount);

        if (thing.Word("id") is not { } reference) { return Waits(Unprocessed.NoId); }
        if (paid.Tenant is not { } tenant) { return Waits(Unprocessed.NoReference); }
        if (await tenants.FindAsync(tx, tenant, ct) is null) { return Waits(Unprocessed.UnknownTenant); }
        if (thing.Word("currency") is { } currency && currency != "usd") { return Waits(Unprocessed.ForeignCurrency); }
        // Nothing at all is not zero: a free checkout says 0 or leaves the amount out, a broken one says something else.
        if (thing.IsPresent(paid.Amount) && thing.Number(paid.Amount) is not (>= 0 and <= Payment.CentsMax))
        {
            return Waits(Unprocessed.AmountInvalid);
        }
        var cents = thing.Number(paid.Amount) ?? 0;
        if (cents > 0 && thing.Word("currency") is null) { return Waits(Unprocessed.ForeignCurrency); }
        if (cents > 0 && paid.Kind == PaymentKind.Subscription && cents != CreditPrices.SubscriptionCents)
        {
            return Waits(Unprocessed.AmountMismatch);
        }

        await PaymentSql.LockAsync(tx, [reference, paid.Intent, paid.Charge], ct);
        var known = await PaymentSql.FindAsync(tx, reference, paid.Intent, paid.Charge, ct);
        if (known is not null && known.TenantId != tenant) { return Waits(Unprocessed.CreditedToAnotherTenant); }
        if (known is not null && known.Reference == reference && known.Cents != cents) { return Waits(Unprocessed.AmountMismatch); }
        if (!paid.ByOperator && thing.Id("customer") is { } customer && !await customers.BindAsync(tx, tenant, customer, ct))
        {
            return Waits(Unprocessed.CustomerOfAnotherTenant);
        }
        if (known is not null || cents == 0)
        {
            if (known is not null) { await LearnAsync(tx, known, paid, ct); }
            return Outcome.Nothing(tenant);
        }

        var bonus = paid.Kind == PaymentKind.Purchase ? prices.BonusOf(cents) : Money.Zero;
        var payment = new Payment(reference, paid.Kind, tenant, cents, Money.FromCents(cents) + bonus, Money.Zero, paid.Intent,
            paid.Charge, thing.Id("customer"));
        await PaymentSql.InsertAsync(tx, payment, ct);
        await PostAsync(tx, payment, bonus, ct);
        await outbox.SendAsync(tx, new PaymentCredited(
            tenant, reference, Sql.Name(paid.Kind), cents, payment.Credited.Nanos), ct);
        await reversals.ApplyAsync(tx, payment, ct);
        return new(IsHandled: true, tenant, payment.Credited);
    }

    /// <summary>Learns whose customer this is, and credits nothing.</summary>
    public async Task<Outcome> MeetAsync(Db tx, string? tenant, StripeObject thing, bool byOperator, CancellationToken ct)
    {
        if (tenant is null) { return Outcome.Waits(Unprocessed.NoReference, null, thing, "amount_total"); }
        if (await tenants.FindAsync(tx, tenant, ct) is null)
        {
            return Outcome.Waits(Unprocessed.UnknownTenant, tenant, thing, "amount_total");
        }
        return byOperator || thing.Id("customer") is not { } customer || await customers.BindAsync(tx, tenant, customer, ct)
            ? Outcome.Nothing(tenant)
            : Outcome.Waits(Unprocessed.CustomerOfAnotherTenant, tenant, thing, "amount_total");
    }

    private async Task PostAsync(Db tx, Payment payment, Money bonus, CancellationToken ct)
    {
        var (kind, text) = payment.Kind switch
        {
            PaymentKind.Purchase => (EntryKind.Purchase, "Credits bought"),
            PaymentKind.Subscription => (EntryKind.Subscription, "The subscription's month"),
            _ => (EntryKind.TopUp, "Automatic top-up"),
        };
        var amount = Money.FromCents(payment.Cents);
        await ledger.CreditAsync(tx, Post(payment.Reference, kind, amount, text), ct);
        if (bonus == Money.Zero) { return; }
        await ledger.CreditAsync(tx, Post($"{payment.Reference}:bonus", EntryKind.Bonus, bonus, "Bonus of the credit pack"), ct);

        LedgerPost Post(string reference, EntryKind entry, Money money, string description) =>
            new(payment.TenantId, reference, entry, money, description) { Source = "stripe" };
    }

    private async Task LearnAsync(Db tx, Payment known, Paid paid, CancellationToken ct)
    {
        if (known.Intent is not null && known.Charge is not null) { return; }
        var (intent, charge) = (known.Intent ?? paid.Intent, known.Charge ?? paid.Charge);
        if (intent == known.Intent && charge == known.Charge) { return; }
        await PaymentSql.LearnAsync(tx, known.Reference, intent, charge, ct);
        await reversals.ApplyAsync(tx, known with { Intent = intent, Charge = charge }, ct);
    }
}
