using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>What lets a bot or a tenant's own program ask for models. Of the secret only its hash is kept.</summary>
/// <param name="BotId">Null for a key of the tenant itself.</param>
/// <param name="Hint">The last four signs of the secret, for people to tell keys apart.</param>
/// <param name="Models">Empty when all are allowed.</param>
/// <param name="DailyBudget">The most it may spend in a UTC day; null for no such limit.</param>
/// <param name="IsSuspended">The tenant may look but not touch.</param>
internal sealed record GatewayKey(
    Id<GatewayKey> Id, string TenantId, Guid? BotId, string Name, string Hint, IReadOnlyList<string> Models,
    int? RequestsPerMinute, long? TokensPerMinute, Money? DailyBudget, Money? MonthlyBudget,
    DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? RevokedAt, bool IsSuspended) : IHasId
{
    public static string IdPrefix => "gwkey";
}
