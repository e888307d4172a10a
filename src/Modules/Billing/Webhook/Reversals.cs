using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

internal enum ReversalKind { Refund, Dispute }

/// <summary>An inquiry takes no money yet. Of the last two one is final.</summary>
internal enum ReversalState { Inquiry, Open, Won, Lost }

/// <summary>Money that went back, or is contested.</summary>
/// <param name="Id">The charge of a refund, or the dispute.</param>
/// <param name="Cents">All of it so far: Stripe tells the sum of a charge's refunds, not the last one.</param>
internal sealed record Reversal(
    string Id, ReversalKind Kind, ReversalState State, long Cents, string? Intent, string? Charge, string? Invoice);

/// <summary>
/// Takes credits back when money went back, and gives them again when a dispute was won. What is to be gone follows from
/// all that is known of a payment's refunds and disputes, and only the difference to what was taken is posted; so it does not
/// matter in which order, or how often, Stripe tells. What comes before its payment waits for it.
/// </summary>
internal sealed class Reversals(Ledger ledger, Outbox outbox)
{
    public async Task<Outcome> RecordAsync(Db tx, Reversal told, CancellationToken ct)
    {
        await PaymentSql.LockAsync(tx, [told.Intent, told.Charge, told.Invoice], ct);
        await ReversalSql.SaveAsync(tx, told, ct);
        if (await PaymentSql.FindAsync(tx, told.Invoice, told.Intent, told.Charge, ct) is not { } payment)
        {
            return Outcome.Nothing(tenant: null);
        }
        await SettleAsync(tx, payment, await ReversalSql.LinkAsync(tx, told.Id, payment.Reference, ct), ct);
        return Outcome.Nothing(payment.TenantId);
    }

    /// <summary>What came before its payment. The payment's keys are locked by the caller.</summary>
    public async Task ApplyAsync(Db tx, Payment payment, CancellationToken ct)
    {
        foreach (var id in await ReversalSql.WaitingAsync(tx, payment, ct))
        {
            payment = await SettleAsync(tx, payment, await ReversalSql.LinkAsync(tx, id, payment.Reference, ct), ct);
        }
    }

    private async Task<Payment> SettleAsync(Db tx, Payment payment, Reversal changed, CancellationToken ct)
    {
        var gone = await ReversalSql.GoneAsync(tx, payment.Reference, ct);
        var due = Payment.ToTake(payment.Credited, payment.Cents, gone) - payment.Taken;
        if (due == Money.Zero) { return payment; }
        var isRefund = changed.Kind == ReversalKind.Refund;
        if (due > Money.Zero)
        {
            await ledger.ClawbackAsync(tx, Post(isRefund ? EntryKind.Refund : EntryKind.Dispute, due,
                isRefund ? "Payment refunded" : "Payment disputed at the bank"), ct);
            await outbox.SendAsync(tx, new PaymentTaken(payment.TenantId, Reference(changed), Sql.Name(changed.Kind), due.Nanos), ct);
        }
        else
        {
            await ledger.CreditAsync(tx, Post(EntryKind.Reinstatement, -due, "Dispute decided for us"), ct);
        }
        await PaymentSql.SetTakenAsync(tx, payment.Reference, payment.Taken + due, ct);
        return payment with { Taken = payment.Taken + due };

        LedgerPost Post(EntryKind kind, Money amount, string description) =>
            new(payment.TenantId, Reference(changed), kind, amount, description) { Source = "stripe" };
    }

    // Names the state that was reached, which is reached once.
    private static string Reference(Reversal reversal) => reversal.Kind == ReversalKind.Refund
        ? $"refund:{reversal.Id}:{reversal.Cents}"
        : $"dispute:{reversal.Id}:{Sql.Name(reversal.State)}";
}
