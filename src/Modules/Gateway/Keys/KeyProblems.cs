using System.Globalization;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal static class KeyProblems
{
    public static Problem NotFound { get; } =
        new(ProblemKind.NotFound, "gateway.no_key", "There is no such gateway key, or it was revoked.");

    public static Problem BadName { get; } = new(ProblemKind.Invalid, "gateway.bad_key_name",
        $"A key has a name of 1 to {KeyRules.NameLengthMax} characters without control characters, such as: nightly report.");

    public static Problem BadModels { get; } = new(ProblemKind.Invalid, "gateway.bad_key_models",
        $"Name up to {KeyRules.ModelsMax} models as callers name them, such as anthropic/claude-sonnet-4.5; none for all.");

    public static Problem BadRate { get; } = new(ProblemKind.Invalid, "gateway.bad_key_rate",
        "requestsPerMinute is from 1 to 1000000 and tokensPerMinute from 1 to 1000000000; leave them out for none.");

    public static Problem BadBudget { get; } = new(ProblemKind.Invalid, "gateway.bad_key_budget",
        "dailyBudget and monthlyBudget are US dollars from 0 to 1000000; leave them out for none.");

    public static Problem BadLife { get; } = new(ProblemKind.Invalid, "gateway.bad_key_life",
        "expiresInDays is from 1 to 3650; leave it out for a key without an end.");

    public static Problem TooMany { get; } = new(ProblemKind.Conflict, "gateway.too_many_keys",
        $"There are {KeyRules.KeysMax} gateway keys already. Revoke one that is not used any more.");

    public static Problem BudgetUnknown { get; } = new(ProblemKind.Unavailable, "gateway.budget_unknown",
        "What this key has spent cannot be read, and it has a budget. Try again in a moment.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Problem TooManyRequests(GatewayKey key, long limit, TimeSpan left) => new(ProblemKind.LimitReached, "rate_limit_exceeded",
        $"The key \"{key.Name}\" may make {limit} requests a minute. Wait, or raise its limit on the Gateway page of the dashboard.")
    { RetryAfter = left };

    public static Problem TooManyTokens(GatewayKey key, long limit, TimeSpan left) => new(ProblemKind.LimitReached, "rate_limit_exceeded",
        $"The key \"{key.Name}\" may take {limit} tokens a minute. Wait, or raise its limit on the Gateway page of the dashboard.")
    { RetryAfter = left };

    /// <summary>Waiting would not help.</summary>
    public static Problem NeverFits(GatewayKey key, long tokens, long limit) => new(ProblemKind.LimitReached, "rate_limit_exceeded",
        $"This request may take {tokens} tokens, and the key \"{key.Name}\" may take {limit} a minute. "
        + "Ask for fewer, or raise its limit on the Gateway page of the dashboard.");

    public static Problem DailyBudget(GatewayKey key, Money budget) => Budget(key, budget, "daily", "wait for the next day (UTC)");

    public static Problem MonthlyBudget(GatewayKey key, Money budget) => Budget(key, budget, "monthly", "wait for the next month (UTC)");

    private static Problem Budget(GatewayKey key, Money budget, string period, string wait) => new(ProblemKind.PaymentRequired, "insufficient_quota",
        $"The {period} budget of {Dollars(budget)} of the key \"{key.Name}\" does not reach for this request. "
        + $"Raise it on the Gateway page of the dashboard, or {wait}.");

    private static string Dollars(Money money) =>
        "$" + (money.Nanos / 1_000_000_000m).ToString("#,0.00#######", CultureInfo.InvariantCulture);
}
