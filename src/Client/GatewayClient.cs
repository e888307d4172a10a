using Wopr.Kernel;

namespace Wopr.Client;

/// <summary>The keys with which programs and bots ask the gateway for models.</summary>
public sealed class GatewayClient
{
    private readonly PlatformWire _wire;

    internal GatewayClient(PlatformWire wire) => _wire = wire;

    public async Task<Result<ModelKey[]>> KeysAsync(CancellationToken ct) =>
        (await _wire.GetAsync<Listing<ModelKey>>("/api/gateway/keys", ct)).Map(list => list.Items);

    public Task<Result<ModelKey>> KeyAsync(string id, CancellationToken ct) => _wire.GetAsync<ModelKey>(Path(id), ct);

    public Task<Result<NewModelKey>> CreateAsync(ModelKeySettings settings, int? expiresInDays, CancellationToken ct) =>
        _wire.PostAsync<NewModelKey>("/api/gateway/keys", new
        {
            settings.Name,
            settings.Models,
            settings.RequestsPerMinute,
            settings.TokensPerMinute,
            settings.DailyBudget,
            settings.MonthlyBudget,
            expiresInDays,
        }, ct);

    /// <summary>These settings in place of all before.</summary>
    public Task<Result<ModelKey>> UpdateAsync(string id, ModelKeySettings settings, CancellationToken ct) =>
        _wire.PutAsync<ModelKey>(Path(id), settings, ct);

    public Task<Result<Done>> RevokeAsync(string id, CancellationToken ct) => _wire.DeleteAsync(Path(id), ct);

    private static string Path(string id) => $"/api/gateway/keys/{Uri.EscapeDataString(id)}";
}

/// <summary>Budgets are US dollars; null where there is no limit.</summary>
/// <param name="Models">Empty for all.</param>
public sealed record ModelKeySettings(
    string Name, string[] Models, int? RequestsPerMinute = null, long? TokensPerMinute = null, decimal? DailyBudget = null,
    decimal? MonthlyBudget = null);

/// <param name="Hint">The last characters, by which people tell their keys apart.</param>
/// <param name="BotId">Null for a key of a program of the tenant's own.</param>
public sealed record ModelKey(
    string Id, string Name, string Hint, string[] Models, DateTimeOffset CreatedAt, Guid? BotId = null, int? RequestsPerMinute = null,
    long? TokensPerMinute = null, decimal? DailyBudget = null, decimal? MonthlyBudget = null, long SpentTodayNanos = 0,
    long SpentThisMonthNanos = 0, DateTimeOffset? ExpiresAt = null);

/// <param name="Secret">Told this once; only its hash is kept.</param>
public sealed record NewModelKey(string Secret, ModelKey Key);
