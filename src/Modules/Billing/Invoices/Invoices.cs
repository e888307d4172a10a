using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <param name="Url">Stripe's page of the invoice, where it can also be paid.</param>
public sealed record InvoiceView(
    string Id, string? Number, string? Status, long AmountCents, string? Currency, DateTimeOffset CreatedAt, string? Url, string? PdfUrl);

public sealed record InvoiceList(IReadOnlyList<InvoiceView> Invoices);

public sealed record SavedCard(string Id, string Brand, string Last4, int ExpiryMonth, int ExpiryYear, bool IsDefault);

/// <param name="Email">Where Stripe sends receipts; the owner's before the first payment.</param>
public sealed record BillingContact(string Email, IReadOnlyList<SavedCard> PaymentMethods, IReadOnlyList<InvoiceView> Invoices);

/// <summary>What Stripe keeps for a tenant: invoices to download, cards, the address.</summary>
internal sealed class Invoices(Db db, StripeClient stripe, TenantCustomers customers, TenantDirectory tenants)
{
    private const int Shown = 100;

    public async Task<Result<InvoiceList>> ListAsync(Actor actor, CancellationToken ct)
    {
        if (await customers.FindAsync(actor.TenantId!, ct) is not { } customer) { return new InvoiceList([]); }
        return (await stripe.InvoicesAsync(customer, Shown, ct)).Map(list => new InvoiceList([.. list.Data.Select(View)]));
    }

    public async Task<Result<BillingContact>> ContactAsync(Actor actor, CancellationToken ct)
    {
        var email = (await tenants.FindAsync(db, actor.TenantId!, ct))?.Email ?? "";
        if (await customers.FindAsync(actor.TenantId!, ct) is not { } id) { return new BillingContact(email, [], []); }
        if (!(await stripe.CustomerAsync(id, ct)).Succeeded(out var customer, out var problem)) { return problem; }
        if (customer.Deleted) { return new BillingContact(email, [], []); }
        if (!(await stripe.CardsAsync(id, ct)).Succeeded(out var cards, out problem)) { return problem; }
        if (!(await stripe.InvoicesAsync(id, Shown, ct)).Succeeded(out var invoices, out problem)) { return problem; }
        var preferred = customer.InvoiceSettings?.DefaultPaymentMethod;
        return new BillingContact(customer.Email ?? email,
        [
            .. cards.Data.Where(method => method.Card is not null).Select((method, index) => new SavedCard(
                method.Id, method.Card!.Brand ?? "", method.Card.Last4 ?? "", method.Card.ExpMonth, method.Card.ExpYear,
                preferred is null ? index == 0 : method.Id == preferred)),
        ], [.. invoices.Data.Select(View)]);
    }

    private static InvoiceView View(StripeInvoice invoice) => new(invoice.Id, invoice.Number, invoice.Status,
        invoice.Status == "paid" ? invoice.AmountPaid : invoice.AmountDue, invoice.Currency,
        DateTimeOffset.FromUnixTimeSeconds(invoice.Created), invoice.HostedInvoiceUrl, invoice.InvoicePdf);
}
