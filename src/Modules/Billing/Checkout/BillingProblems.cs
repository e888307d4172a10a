using Wopr.Kernel;

namespace Wopr.Billing;

internal static class BillingProblems
{
    public static Problem UnknownPrice { get; } = new(ProblemKind.Invalid, "billing.unknown_price",
        "This price is not on sale. billing.creditOptions and billing.plans list those that are.");

    public static Problem ForeignUrl { get; } = new(ProblemKind.Invalid, "billing.foreign_url",
        "successUrl, cancelUrl and returnUrl must be full addresses of the dashboard or of this API; nobody is sent elsewhere.");

    public static Problem NoPayment { get; } = new(ProblemKind.NotFound, "billing.no_such_payment",
        "This tenant has no payment with that reference. References begin with cs_, in_ or pi_.");

    public static Problem BadRefund { get; } = new(ProblemKind.Invalid, "billing.bad_refund",
        "Give a tenant, a reference, a reason of 1 to 500 characters, and amountCents from 1 or none for all that is left.");

    public static Problem NoIntent { get; } = new(ProblemKind.Conflict, "billing.refund_elsewhere",
        "Stripe did not tell us which charge paid this. Refund it in Stripe's dashboard; the credits follow by themselves.");

    public static Problem TooMuch(long cents) => new(ProblemKind.Conflict, "billing.refund_too_large",
        $"Of this payment, {cents} cents can still be refunded.");
}
