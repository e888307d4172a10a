using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="Tenant">May name the tenant acted for, and no other.</param>
public sealed record BalanceRequest(string? Tenant = null);

public sealed record BalanceView(
    string Tenant,
    [property: JsonPropertyName("balance_cents")] long BalanceCents,
    [property: JsonPropertyName("daily_burn_cents")] long DailyBurnCents,
    [property: JsonPropertyName("runway_days")] long? RunwayDays);

internal sealed class Balances(Db db)
{
    /// <summary>The balance in whole cents, rounded down. Nothing is charged yet, so nothing burns.</summary>
    public async Task<Result<BalanceView>> ShowAsync(Actor actor, string? tenant, CancellationToken ct)
    {
        if (tenant is not null && tenant != actor.TenantId) { return Problems.ForeignTenant; }
        var nanos = await db.ValueAsync<long>(
            $"select free_nanos from credits.account where tenant_id = {actor.TenantId}", ct);
        return new BalanceView(actor.TenantId!, new Money(nanos).Cents, DailyBurnCents: 0, RunwayDays: null);
    }
}
