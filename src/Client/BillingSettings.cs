using System.Text.Json.Serialization;

namespace Wopr.Client;

/// <param name="StoppedAt">When it was turned off because the card was declined again and again.</param>
public sealed record TopUp(
    [property: JsonPropertyName("usage_enabled")] bool UsageEnabled,
    [property: JsonPropertyName("usage_threshold_cents")] int ThresholdCents,
    [property: JsonPropertyName("usage_topup_cents")] int AmountCents,
    [property: JsonPropertyName("schedule_enabled")] bool ScheduleEnabled,
    [property: JsonPropertyName("schedule_interval_hours")] int IntervalHours,
    [property: JsonPropertyName("schedule_amount_cents")] int? ScheduleCents = null,
    [property: JsonPropertyName("schedule_next_at")] DateTimeOffset? NextAt = null,
    [property: JsonPropertyName("payment_method_last4")] string? CardLast4 = null,
    [property: JsonPropertyName("monthly_cap_cents")] int? MonthlyCapCents = null,
    [property: JsonPropertyName("stopped_at")] DateTimeOffset? StoppedAt = null);

/// <summary>What is null stays as it is.</summary>
/// <param name="MonthlyCapCents">0 for no limit.</param>
public sealed record TopUpChange(
    [property: JsonPropertyName("usage_enabled")] bool? UsageEnabled = null,
    [property: JsonPropertyName("usage_threshold_cents")] int? ThresholdCents = null,
    [property: JsonPropertyName("usage_topup_cents")] int? AmountCents = null,
    [property: JsonPropertyName("schedule_enabled")] bool? ScheduleEnabled = null,
    [property: JsonPropertyName("schedule_interval")] string? Interval = null,
    [property: JsonPropertyName("schedule_amount_cents")] int? ScheduleCents = null,
    [property: JsonPropertyName("monthly_cap_cents")] int? MonthlyCapCents = null);

/// <summary>US dollars; null for none.</summary>
public sealed record SpendingLimit(decimal? AlertAt = null, decimal? HardCap = null);

public sealed record LimitSet(SpendingLimit? Global = null, IReadOnlyDictionary<string, SpendingLimit>? PerCapability = null);

/// <param name="Global">Of a UTC month, as is <paramref name="PerCapability"/>.</param>
/// <param name="Daily">The same of a UTC day.</param>
public sealed record SpendingLimits(
    SpendingLimit? Global = null, IReadOnlyDictionary<string, SpendingLimit>? PerCapability = null, LimitSet? Daily = null);
