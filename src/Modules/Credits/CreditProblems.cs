using Wopr.Kernel;

namespace Wopr.Credits;

internal static class CreditProblems
{
    public static Problem NothingToAdjust { get; } =
        new(ProblemKind.Invalid, "credits.nothing_to_adjust", "Say by how much to adjust: an amount other than zero.");

    public static Problem NotThatMuch { get; } = new(ProblemKind.Conflict, "credits.not_that_much",
        "The balance does not hold that much. Take less, or charge it back as a refund to have the rest owed.");

    public static Problem Frozen { get; } = new(ProblemKind.PaymentRequired, "credits.frozen",
        "This account's money is frozen, so nothing paid can start. Write to support to have it lifted.");

    public static Problem CapReached { get; } = new(ProblemKind.PaymentRequired, "spending_cap_exceeded",
        "The spending limit set for this account is reached. Raise it under Billing, or wait for the next day or month.");

    public static Problem Busy { get; } = new(ProblemKind.Unavailable, "credits.busy",
        "Too many requests wait to be recorded. Try again in a moment.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Problem TryAgain { get; } = new(ProblemKind.Unavailable, "credits.try_again",
        "The request could not be recorded, and nothing was charged. Try again in a moment.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Problem Known { get; } = new(ProblemKind.Conflict, "credits.request_known",
        "A request with this id was metered before. Use a new id for each request.");

    public static Problem NoTenant { get; } = new(ProblemKind.NotFound, "admin.no_tenant", "There is no such tenant.");

    public static Problem ReasonMissing { get; } = new(ProblemKind.Invalid, "credits.reason_missing",
        "Say why, in 1 to 500 characters; a reference of your own has 1 to 100.");

    public static Problem BadGrant { get; } = new(ProblemKind.Invalid, "credits.bad_grant",
        "A gift is above zero, and ends in the future when it ends.");

    public static Problem BadTime { get; } = new(ProblemKind.Invalid, "credits.bad_time",
        "Give times as milliseconds since 1970, as JavaScript's Date.now() does.");

    public static Problem BadDays(int max) => new(ProblemKind.Invalid, "credits.bad_days",
        $"from and to are days such as 2026-03-31, from not after to, and at most {max} days apart.");

    public static Problem BadAmount(long dollars) => new(ProblemKind.Invalid, "credits.bad_amount",
        $"The amount is in cents, not zero, and at most {dollars} dollars.");

    public static Problem BadPage(int offset) => new(ProblemKind.Invalid, "credits.bad_page",
        $"limit is at least 1, and offset from 0 to {offset}; use from and to to look further back.");

    public static Problem BadLimit(int max) => new(ProblemKind.Invalid, "credits.bad_limit", $"limit is a number from 1 to {max}.");

    public static Problem UnknownType(IEnumerable<string> types) => new(ProblemKind.Invalid, "credits.unknown_type",
        $"The type is one of {string.Join(", ", types)}.");

    public static Problem Owing(Money owed) => new(ProblemKind.PaymentRequired, "credits.owing",
        $"A payment was taken back, and {Dollars(owed)} of it are still owed. Buy credits to go on; the debt is repaid first.");

    public static Problem Insufficient(Money balance, Money required) => new(ProblemKind.PaymentRequired, "insufficient_credits",
        $"The balance of {Dollars(balance)} does not cover the {Dollars(required)} that this may cost. Buy credits under Billing.");

    private static string Dollars(Money money) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"${money.Nanos / 1_000_000_000m:0.00####}");
}
