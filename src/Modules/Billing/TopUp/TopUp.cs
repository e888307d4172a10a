using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Billing;

internal enum TopUpInterval { Daily, Weekly, Monthly }

internal enum TopUpReason { Usage, Schedule }

/// <summary>When and how much a tenant wants its saved card to be charged.</summary>
internal sealed record TopUp(
    string TenantId, bool UsageEnabled = false, int ThresholdCents = 500, int AmountCents = 2000, bool ScheduleEnabled = false,
    TopUpInterval? Interval = null, int? ScheduleCents = null, DateTimeOffset? NextAt = null, int? MonthlyCapCents = null,
    int Failures = 0, DateTimeOffset? RetryAt = null, DateTimeOffset? StoppedAt = null)
{
    public const int FailuresMax = 3;

    public static readonly int[] Thresholds = [200, 500, 1000];
    public static readonly int[] Amounts = [500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

    /// <summary>What is to be charged now, if anything.</summary>
    /// <param name="thisMonth">What was charged, or is being charged, in this UTC month.</param>
    public (TopUpReason Reason, int Cents)? Due(Money balance, long thisMonth, DateTimeOffset now)
    {
        if (RetryAt > now) { return null; }
        if (ScheduleEnabled && NextAt <= now && ScheduleCents is { } cents && Fits(cents, thisMonth)) { return (TopUpReason.Schedule, cents); }
        return UsageEnabled && balance < Money.FromCents(ThresholdCents) && Fits(AmountCents, thisMonth)
            ? (TopUpReason.Usage, AmountCents)
            : null;
    }

    /// <summary>The next time after now; what was missed is not made up for.</summary>
    public static DateTimeOffset After(TopUpInterval interval, DateTimeOffset from, DateTimeOffset now)
    {
        for (var count = 1; ; count++)
        {
            var next = interval switch
            {
                TopUpInterval.Daily => from.AddDays(count),
                TopUpInterval.Weekly => from.AddDays(7 * count),
                _ => from.AddMonths(count),
            };
            if (next > now) { return next; }
        }
    }

    private bool Fits(int cents, long thisMonth) => MonthlyCapCents is not { } cap || thisMonth + cents <= cap;
}

internal sealed record TopUpAttempt(
    Guid Id, string TenantId, TopUpReason Reason, int Cents, string Customer, string PaymentMethod, string? Intent, DateTimeOffset CreatedAt)
{
    /// <summary>The same for every try of this attempt.</summary>
    public string Key => $"topup-{Id:n}";
}

/// <param name="UsageThresholdCents">One of 200, 500, 1000.</param>
/// <param name="MonthlyCapCents">The most that is charged in a UTC month; 0 for no limit.</param>
internal sealed record UpdateTopUp(
    [property: JsonPropertyName("usage_enabled")] bool? UsageEnabled = null,
    [property: JsonPropertyName("usage_threshold_cents")] int? UsageThresholdCents = null,
    [property: JsonPropertyName("usage_topup_cents")] int? UsageTopupCents = null,
    [property: JsonPropertyName("schedule_enabled")] bool? ScheduleEnabled = null,
    [property: JsonPropertyName("schedule_interval")] string? ScheduleInterval = null,
    [property: JsonPropertyName("schedule_amount_cents")] int? ScheduleAmountCents = null,
    [property: JsonPropertyName("monthly_cap_cents")] int? MonthlyCapCents = null);

/// <param name="StoppedAt">When it was turned off because the card was declined three times in a row.</param>
internal sealed record TopUpView(
    [property: JsonPropertyName("usage_enabled")] bool UsageEnabled,
    [property: JsonPropertyName("usage_threshold_cents")] int UsageThresholdCents,
    [property: JsonPropertyName("usage_topup_cents")] int UsageTopupCents,
    [property: JsonPropertyName("schedule_enabled")] bool ScheduleEnabled,
    [property: JsonPropertyName("schedule_amount_cents")] int? ScheduleAmountCents,
    [property: JsonPropertyName("schedule_next_at")] DateTimeOffset? ScheduleNextAt,
    [property: JsonPropertyName("schedule_interval_hours")] int ScheduleIntervalHours,
    [property: JsonPropertyName("payment_method_last4")] string? PaymentMethodLast4,
    [property: JsonPropertyName("monthly_cap_cents")] int? MonthlyCapCents,
    [property: JsonPropertyName("stopped_at")] DateTimeOffset? StoppedAt)
{
    public static TopUpView From(TopUp topUp, string? last4) => new(
        topUp.UsageEnabled, topUp.ThresholdCents, topUp.AmountCents, topUp.ScheduleEnabled, topUp.ScheduleCents, topUp.NextAt,
        topUp.Interval switch { TopUpInterval.Daily => 24, TopUpInterval.Monthly => 720, _ => 168 }, last4, topUp.MonthlyCapCents,
        topUp.StoppedAt);
}

internal static class TopUpProblems
{
    public static Problem NoCard { get; } = new(ProblemKind.Invalid, "billing.no_payment_method",
        "No payment method on file. Please add a payment method first.");

    public static Problem BadThreshold { get; } = new(ProblemKind.Invalid, "billing.bad_threshold",
        $"usage_threshold_cents: Must be one of: {string.Join(", ", TopUp.Thresholds)}");

    public static Problem BadAmount { get; } = new(ProblemKind.Invalid, "billing.bad_top_up_amount",
        $"usage_topup_cents and schedule_amount_cents: Must be one of: {string.Join(", ", TopUp.Amounts)}");

    public static Problem BadInterval { get; } = new(ProblemKind.Invalid, "billing.bad_interval",
        "schedule_interval: Must be one of: daily, weekly, monthly");

    public static Problem BadCap { get; } = new(ProblemKind.Invalid, "billing.bad_monthly_cap",
        "monthly_cap_cents is a whole number of cents that is not below a single top-up, or 0 for no limit.");

    public static Problem NoSchedule { get; } = new(ProblemKind.Invalid, "billing.no_schedule",
        "To top up on a schedule, say schedule_interval and schedule_amount_cents.");
}
