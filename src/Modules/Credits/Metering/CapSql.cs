using Wopr.Kernel;

namespace Wopr.Credits.Metering;

internal sealed record LockedCap(string TenantId, string Capability, string Period, Money Room);

/// <summary>Limits that tenants set themselves. What is set aside counts as spent, so they hold to the nano-dollar.</summary>
internal static class CapSql
{
    /// <summary>The limits that bear on a capability, with a new day or month begun where one is due.</summary>
    public static Task<List<LockedCap>> LockAsync(Db tx, string tenantId, string capability, DateOnly today, CancellationToken ct) =>
        tx.QueryAsync($"""
            update credits.cap
            set used_nanos = case when since = date_trunc(period, {today}::timestamp)::date then used_nanos else 0 end,
                since = date_trunc(period, {today}::timestamp)::date
            where tenant_id = {tenantId} and capability in ('', {capability})
            returning capability, period, limit_nanos, used_nanos
            """, row => new LockedCap(tenantId, row.GetString(0), row.GetString(1),
                new(Math.Max(0, row.GetInt64(2) - row.GetInt64(3)))), ct);

    public static async Task UseAsync(Db tx, IReadOnlyList<LockedCap> caps, Money amount, CancellationToken ct)
    {
        foreach (var cap in caps)
        {
            await tx.ExecuteAsync($"""
                update credits.cap set used_nanos = used_nanos + {amount}
                where tenant_id = {cap.TenantId} and capability = {cap.Capability} and period = {cap.Period}
                """, ct);
        }
    }

    /// <summary>What comes back after its day or month ended was that one's.</summary>
    public static Task UnuseAsync(Db tx, string tenantId, string capability, DateOnly taken, Money amount, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            update credits.cap set used_nanos = greatest(0, used_nanos - {amount})
            where tenant_id = {tenantId} and capability in ('', {capability})
              and since = date_trunc(period, {taken}::timestamp)::date
            """, ct);
}
