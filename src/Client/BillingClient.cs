using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Client;

public sealed class BillingClient
{
    private readonly PlatformWire _wire;

    internal BillingClient(PlatformWire wire) => _wire = wire;

    public Task<Result<Balance>> BalanceAsync(CancellationToken ct) =>
        _wire.QueryAsync<Balance>("billing.creditsBalance", new { }, ct);
}

/// <param name="RunwayDays">How long the balance lasts at today's burn; null when nothing burns.</param>
public sealed record Balance(
    [property: JsonPropertyName("balance_cents")] long BalanceCents,
    [property: JsonPropertyName("daily_burn_cents")] long DailyBurnCents = 0,
    [property: JsonPropertyName("runway_days")] long? RunwayDays = null);
