using Wopr.Kernel;

namespace Wopr.Billing;

internal static class StripeProblems
{
    public const string NoSuchThing = "stripe.no_such_object";

    public static Problem Unreachable { get; } = new(ProblemKind.Unavailable, "stripe.unavailable",
        "Stripe does not answer at the moment. Nothing was charged twice; try again in a minute.");

    public static Problem Unreadable { get; } = new(ProblemKind.Unavailable, "stripe.unreadable",
        "Stripe's answer cannot be read. Try again in a minute.");

    public static Problem KeyRefused { get; } = new(ProblemKind.Unavailable, "stripe.key_refused",
        "Payments are set up wrongly on our side: Stripe refuses our key. The operator must check STRIPE_SECRET_KEY.");

    public static Problem Declined(string? reason) => new(ProblemKind.PaymentRequired, "stripe.card_declined",
        $"The card was declined ({reason ?? "no reason given"}). Use another card, or ask your bank.");

    public static Problem NotThere(string? field) => new(ProblemKind.NotFound, NoSuchThing,
        $"Stripe does not know this {field ?? "object"}. It may have been deleted there.");

    public static Problem Refused(string reason) => new(ProblemKind.Conflict, "stripe.refused",
        $"Stripe refuses this ({reason}). The operator finds the request in Stripe's log.");
}
