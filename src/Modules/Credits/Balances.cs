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

/// <summary>What a tenant has, and how long it lasts at last week's pace.</summary>
public sealed class Balances(Db db, TimeProvider time)
{
    private const int BurnDays = 7;

    internal async Task<Result<BalanceView>> ShowAsync(Actor actor, string? tenant, CancellationToken ct)
    {
        if (tenant is not null && tenant != actor.TenantId) { return Problems.ForeignTenant; }
        var balance = await LedgerSql.BalanceAsync(db, actor.TenantId!, ct);
        var burn = await DailyBurnAsync(actor.TenantId!, ct);
        return new BalanceView(actor.TenantId!, balance.Total.Cents, burn.Cents, RunwayDays(balance.Total, burn));
    }

    /// <summary>What a day cost on average over the last seven.</summary>
    public async Task<Money> DailyBurnAsync(string tenantId, CancellationToken ct)
    {
        var since = time.GetUtcNow().AddDays(-BurnDays);
        var spent = await db.ValueAsync<long>($"""
            select coalesce((select sum(charged_nanos) from credits.usage_hour where tenant_id = {tenantId} and hour >= {since}), 0)::bigint
                 + coalesce((select sum(nanos) from credits.entry
                             where tenant_id = {tenantId} and at >= {since} and kind in ('runtime', 'storage')), 0)::bigint
            """, ct);
        return new(spent / BurnDays);
    }

    /// <summary>Null while nothing burns.</summary>
    public static long? RunwayDays(Money balance, Money burn) => burn == Money.Zero ? null : balance.Nanos / burn.Nanos;
}
