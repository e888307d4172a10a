using System.Globalization;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Reference">The payment's: cs_…, in_… or pi_….</param>
/// <param name="AmountCents">All that is left when it is not given.</param>
public sealed record RefundRequest(string Tenant, string Reference, string Reason, long? AmountCents = null);

/// <param name="Status">Stripe's: <c>succeeded</c>, <c>pending</c>, <c>failed</c> …</param>
public sealed record RefundView(string Id, string? Status, long AmountCents);

/// <summary>Gives money back through Stripe. The credits go when Stripe's event says that the money went.</summary>
internal sealed class PaymentRefunds(Db db, StripeClient stripe, AuditLog audit)
{
    private const int ReasonLengthMax = 500;

    public async Task<Result<RefundView>> RefundAsync(Actor actor, RefundRequest request, CancellationToken ct)
    {
        var reason = request.Reason.Trim().Replace("\0", "", StringComparison.Ordinal);
        if (reason.Length is 0 or > ReasonLengthMax || request.AmountCents is <= 0) { return BillingProblems.BadRefund; }
        if (await FindAsync(request, ct) is not { } payment) { return BillingProblems.NoPayment; }
        if (payment.Intent is null) { return BillingProblems.NoIntent; }
        var left = Math.Max(0, payment.Cents - payment.Gone);
        var cents = request.AmountCents ?? left;
        if (cents > left || cents == 0) { return BillingProblems.TooMuch(left); }

        Dictionary<string, string> details = new()
        {
            ["reference"] = request.Reference,
            ["cents"] = cents.ToString(CultureInfo.InvariantCulture),
            ["reason"] = reason,
        };
        // Written first: whatever happens to the answer, it is on the record that it was asked for, and by whom.
        await audit.WriteAsync(db, actor, new("billing.refund_asked", $"payment:{request.Reference}", request.Tenant, details), ct);
        // What went back before is part of the key: asked twice, it is one refund; asked again after Stripe's event, another.
        var key = $"refund-{request.Reference}-{payment.Gone}-{cents}";
        var outcome = await stripe.RefundAsync(payment.Intent, cents, new Dictionary<string, string>
        {
            ["wopr_tenant"] = request.Tenant,
            ["wopr_reference"] = request.Reference,
        }, key, ct);
        details["outcome"] = outcome.Succeeded(out var refund, out var problem) ? $"{refund.Id} {refund.Status}" : problem.Code;
        await audit.WriteAsync(db, actor, new(
            refund is null ? "billing.refund_failed" : "billing.refunded", $"payment:{request.Reference}", request.Tenant, details), ct);
        return outcome.Map(made => new RefundView(made.Id, made.Status, made.Amount));
    }

    private Task<Refundable?> FindAsync(RefundRequest request, CancellationToken ct) => db.FirstAsync($"""
        select p.cents, p.payment_intent, (
            select coalesce(sum(r.cents), 0)::bigint from billing.reversal r
            where r.payment = p.reference and r.state in ('open', 'lost'))
        from billing.payment p
        where p.reference = {Clean(request.Reference)} and p.tenant_id = {Clean(request.Tenant)}
        """, row => new Refundable(row.GetInt64(0), row.IsDBNull(1) ? null : row.GetString(1), row.GetInt64(2)), ct);

    private static string Clean(string text) => text.Replace("\0", "", StringComparison.Ordinal);

    /// <param name="Gone">Cents that went back or are contested already.</param>
    private sealed record Refundable(long Cents, string? Intent, long Gone);
}
