namespace Wopr.Gateway.Keys;

/// <summary>What people set on a key. Budgets are US dollars; what is left out does not limit.</summary>
/// <param name="Models">Empty, or left out, for all.</param>
public record KeySettings(
    string Name, IReadOnlyList<string>? Models = null, int? RequestsPerMinute = null, long? TokensPerMinute = null,
    decimal? DailyBudget = null, decimal? MonthlyBudget = null);

/// <param name="BotId">Whose key it is; the tenant's own without one.</param>
/// <param name="ExpiresInDays">Without it the key lives until it is revoked.</param>
public sealed record CreateGatewayKey(
    string Name, IReadOnlyList<string>? Models = null, int? RequestsPerMinute = null, long? TokensPerMinute = null,
    decimal? DailyBudget = null, decimal? MonthlyBudget = null, Guid? BotId = null, int? ExpiresInDays = null)
    : KeySettings(Name, Models, RequestsPerMinute, TokensPerMinute, DailyBudget, MonthlyBudget);

/// <summary>In place of everything that was set before.</summary>
public sealed record UpdateGatewayKey(
    string Id, string Name, IReadOnlyList<string>? Models = null, int? RequestsPerMinute = null, long? TokensPerMinute = null,
    decimal? DailyBudget = null, decimal? MonthlyBudget = null)
    : KeySettings(Name, Models, RequestsPerMinute, TokensPerMinute, DailyBudget, MonthlyBudget);

public sealed record OneGatewayKey(string Id);

/// <param name="Hint">The last signs of the secret, by which people tell their keys apart.</param>
/// <param name="SpentTodayNanos">Since midnight UTC, about a second old.</param>
public sealed record GatewayKeyView(
    string Id, string Name, string Hint, Guid? BotId, IReadOnlyList<string> Models, int? RequestsPerMinute, long? TokensPerMinute,
    decimal? DailyBudget, decimal? MonthlyBudget, long SpentTodayNanos, long SpentThisMonthNanos, DateTimeOffset CreatedAt,
    DateTimeOffset? ExpiresAt)
{
    internal static GatewayKeyView From(GatewayKey key, long today = 0, long month = 0) => new(
        key.Id.ToString(), key.Name, key.Hint, key.BotId, key.Models, key.RequestsPerMinute, key.TokensPerMinute,
        KeyRules.Dollars(key.DailyBudget), KeyRules.Dollars(key.MonthlyBudget), today, month, key.CreatedAt, key.ExpiresAt);
}

/// <param name="Secret">Told now and never again; only its hash is kept.</param>
public sealed record NewGatewayKey(string Secret, GatewayKeyView Key);
