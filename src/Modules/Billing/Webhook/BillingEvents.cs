using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>A payment was credited; sent in the transaction that credits it.</summary>
/// <param name="Kind">purchase, subscription or top_up.</param>
internal sealed record PaymentCredited(string Tenant, string Reference, string Kind, long Cents, long CreditedNanos) : IOutboxMessage
{
    public static string Topic => "billing.payment_credited";
}

/// <summary>Credits of a payment were taken back.</summary>
/// <param name="Kind">refund or dispute.</param>
internal sealed record PaymentTaken(string Tenant, string Reference, string Kind, long Nanos) : IOutboxMessage
{
    public static string Topic => "billing.payment_taken";
}

/// <summary>How an automatic top-up ended, as Stripe's events tell it; may be told more than once.</summary>
internal sealed record TopUpOutcome(string Tenant, string PaymentIntent, bool Succeeded, string? DeclineCode) : IOutboxMessage
{
    public static string Topic => "billing.top_up_outcome";
}

/// <summary>The month's payment of a subscription failed; Stripe tries again by itself.</summary>
internal sealed record SubscriptionPaymentFailed(string Tenant, string Invoice) : IOutboxMessage
{
    public static string Topic => "billing.subscription_payment_failed";
}
