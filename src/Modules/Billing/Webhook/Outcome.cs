using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Why an event waits for an operator; the name is stored and shown.</summary>
internal enum Unprocessed
{
    NoReference, UnknownTenant, ForeignCurrency, CustomerOfAnotherTenant, AmountMismatch, AmountInvalid, CreditedToAnotherTenant,
    TestMode, NotASubscription, RefundFailed, NoId,
}

/// <summary>What an event did.</summary>
/// <param name="IsHandled">False when it is of a kind that means nothing here, or waits for an operator.</param>
internal sealed record Outcome(bool IsHandled, string? Tenant = null, Money? Credited = null)
{
    public Unprocessed? Reason { get; private init; }
    public long? Cents { get; private init; }
    public string? Currency { get; private init; }

    public static Outcome Ignored { get; } = new(IsHandled: false);

    public static Outcome Nothing(string? tenant) => new(IsHandled: true, tenant, Money.Zero);

    public static Outcome Waits(Unprocessed reason, string? tenant, StripeObject thing, string amount) => new(IsHandled: false, tenant)
    {
        Reason = reason,
        Cents = thing.Number(amount),
        Currency = thing.Word("currency"),
    };
}
