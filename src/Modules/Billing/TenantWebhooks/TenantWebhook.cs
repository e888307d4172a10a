using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>What a tenant can be told.</summary>
public static class WebhookEvents
{
    public const string BalanceLow = "balance.low";
    public const string PaymentReceived = "payment.received";
    public const string PaymentFailed = "payment.failed";
    public const string BotSuspended = "bot.suspended";
    public const string BotResumed = "bot.resumed";
    public const string BotState = "bot.state";

    /// <summary>Sent only when the tenant asks for it.</summary>
    internal const string Test = "webhook.test";

    public static IReadOnlyList<string> All { get; } = [BalanceLow, PaymentReceived, PaymentFailed, BotSuspended, BotResumed, BotState];
}

internal sealed record TenantWebhook(
    Id<TenantWebhook> Id, string TenantId, string Url, string[] Events, DateTimeOffset CreatedAt, DateTimeOffset? FailingSince,
    DateTimeOffset? DisabledAt) : IHasId
{
    public static string IdPrefix => "whe";
}

internal sealed record WebhookView(
    Id<TenantWebhook> Id, string Url, IReadOnlyList<string> Events, string Status, DateTimeOffset CreatedAt, DateTimeOffset? FailingSince)
{
    /// <summary>Signs what is sent. Shown once, when it is made.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Secret { get; init; }

    public static WebhookView From(TenantWebhook endpoint) => new(
        endpoint.Id, endpoint.Url, endpoint.Events,
        endpoint.DisabledAt is not null ? "disabled" : endpoint.FailingSince is not null ? "failing" : "active",
        endpoint.CreatedAt, endpoint.FailingSince);
}

internal sealed record WebhookDelivery(
    Id<WebhookDelivery> Id, Guid EventId, string Type, string Status, DateTimeOffset CreatedAt, int Attempts, DateTimeOffset? TriedAt,
    DateTimeOffset? NextAt, int? HttpStatus, int? DurationMs, string? Answer, string? Error) : IHasId
{
    public static string IdPrefix => "whd";
}

/// <summary>What is sent, byte for byte; the same at every endpoint and every attempt.</summary>
internal sealed record WebhookEvent(Guid Id, string Type, string Body);

internal sealed record SealedWebhook(Guid Id, byte[] Sealed, byte[]? Previous);

/// <summary>One attempt that is to be made now.</summary>
internal sealed record WebhookAttempt(
    Guid Endpoint, Guid Delivery, string TenantId, string Url, byte[] Sealed, byte[]? PreviousSealed, string Body, int Attempts,
    DateTimeOffset CreatedAt, int Failures, DateTimeOffset? FailingSince);

/// <param name="Error">Why it did not arrive; null when it did.</param>
internal sealed record WebhookOutcome(int? Status, int DurationMs, string? Answer, string? Error)
{
    public bool IsDelivered => Error is null;
}
