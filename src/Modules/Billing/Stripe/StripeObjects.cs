namespace Wopr.Billing;

// Of each object, the fields we use; what Stripe adds is passed over.

internal sealed record StripeList<T>(IReadOnlyList<T> Data, bool HasMore = false);

internal sealed record StripeCustomer(string Id, string? Email = null, bool Deleted = false, CustomerInvoicing? InvoiceSettings = null);

internal sealed record CustomerInvoicing(string? DefaultPaymentMethod = null);

internal sealed record StripePrice(string Id, string Currency, long? UnitAmount = null, bool Active = true);

internal sealed record CheckoutSession(
    string Id, string? Url = null, string? Mode = null, string? Status = null, string? PaymentStatus = null, long? AmountTotal = null,
    string? Currency = null, string? ClientReferenceId = null, string? Customer = null, string? PaymentIntent = null,
    string? Subscription = null, long Created = 0, StripeList<LineItem>? LineItems = null);

internal sealed record LineItem(string Id, long? Quantity = null, StripePrice? Price = null);

internal sealed record StripeSubscription(string Id, string Status, string? Customer = null, bool CancelAtPeriodEnd = false);

internal sealed record PortalSession(string Id, string Url);

internal sealed record PaymentIntent(
    string Id, string Status, long Amount, string Currency, long? AmountReceived = null, string? Customer = null,
    string? LatestCharge = null, long Created = 0, IReadOnlyDictionary<string, string>? Metadata = null);

internal sealed record StripeRefund(
    string Id, string? Status = null, long Amount = 0, string? Currency = null, string? Charge = null, string? PaymentIntent = null,
    long Created = 0);

internal sealed record StripeInvoice(
    string Id, string? Number = null, string? Status = null, long AmountDue = 0, long AmountPaid = 0, string? Currency = null,
    string? Subscription = null, long Created = 0, string? HostedInvoiceUrl = null, string? InvoicePdf = null);

internal sealed record PaymentMethod(string Id, string? Type = null, PaymentCard? Card = null);

internal sealed record PaymentCard(string? Brand = null, string? Last4 = null, int ExpMonth = 0, int ExpYear = 0);

internal sealed record StripeCharge(
    string Id, long Amount = 0, long AmountRefunded = 0, string? Currency = null, bool Paid = false, string? PaymentIntent = null,
    string? Invoice = null, long Created = 0);

internal sealed record BalanceEntry(
    string Id, long Amount = 0, long Fee = 0, string? Currency = null, string? Type = null, string? Source = null, long Created = 0);

internal sealed record StripeEventRecord(string Id, string Type, long Created = 0);

internal sealed record MeterEvent(string? Identifier = null);
