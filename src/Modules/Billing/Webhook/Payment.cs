using Wopr.Kernel;

namespace Wopr.Billing;

internal enum PaymentKind { Purchase, Subscription, TopUp }

/// <summary>Money that came in, and what was credited for it.</summary>
/// <param name="Reference">cs_…, in_… or pi_…: credits once for ever.</param>
/// <param name="Taken">Of what was credited, what refunds and disputes took back.</param>
internal sealed record Payment(
    string Reference, PaymentKind Kind, string TenantId, long Cents, Money Credited, Money Taken, string? Intent, string? Charge,
    string? Customer)
{
    /// <summary>Stripe's own limit; everything above is no payment.</summary>
    public const long CentsMax = 99_999_999;

    /// <summary>
    /// What is to be gone after so many cents went back: the same part of the credits as of the money, a pack's bonus with it.
    /// Rounded down, so that a fraction of a nano-dollar stays with the tenant; all of it when all the money went.
    /// </summary>
    public static Money ToTake(Money credited, long cents, long gone) =>
        new((long)((Int128)credited.Nanos * Math.Clamp(gone, 0, cents) / cents));
}
