using Wopr.Kernel;

namespace Wopr.Billing;

internal static class RuntimeProblems
{
    public static Problem Insufficient(Money balance, Money required, string buyUrl) => new(ProblemKind.PaymentRequired, "insufficient_credits",
        $"Your balance is {Dollars.Of(balance)}, and this needs {Dollars.Of(required)}. Buy credits at {buyUrl} and try again.");

    public static Problem Owing(Money owed, string buyUrl) => new(ProblemKind.PaymentRequired, "credits.owing",
        $"A payment was taken back, and {Dollars.Of(owed)} of it are still owed. Buy credits at {buyUrl}; the debt is repaid first.");

    public static Problem Frozen { get; } = new(ProblemKind.PaymentRequired, "credits.frozen",
        "This account's money is frozen, so nothing paid can start. Write to support to have it lifted.");

    public static Problem Resuming { get; } = new(ProblemKind.PaymentRequired, "billing.resuming",
        "Your bots were suspended and are being started again now that you paid. Try again in a minute.")
    { RetryAfter = TimeSpan.FromSeconds(30) };
}
