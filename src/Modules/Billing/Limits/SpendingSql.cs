using Npgsql;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class SpendingSql
{
    public static Task<List<SpendingLimit>> ListAsync(Db db, string tenant, CancellationToken ct) => db.QueryAsync($"""
        select tenant_id, capability, period, alert_nanos, cap_nanos, told_since, told
        from billing.spending_limit
        where tenant_id = {tenant}
        order by capability, period
        """, Read, ct);

    public static async Task ReplaceAsync(Db tx, string tenant, IReadOnlyList<SpendingLimit> limits, CancellationToken ct)
    {
        await tx.ExecuteAsync($"select pg_advisory_xact_lock(hashtextextended({$"billing.limits:{tenant}"}, 0))", ct);
        await tx.ExecuteAsync($"delete from billing.spending_limit where tenant_id = {tenant}", ct);
        foreach (var limit in limits)
        {
            await tx.ExecuteAsync($"""
                insert into billing.spending_limit (tenant_id, capability, period, alert_nanos, cap_nanos, told_since, told)
                values ({tenant}, {limit.Capability ?? ""}, {limit.Period}, {limit.AlertAt?.Nanos}::bigint, {limit.HardCap?.Nanos}::bigint,
                        {limit.ToldSince}::date, {(int)limit.Told})
                """, ct);
        }
    }

    public static Task<List<string>> TenantsAsync(Db db, string after, int limit, CancellationToken ct) => db.QueryAsync($"""
        select distinct tenant_id
        from billing.spending_limit
        where tenant_id > {after}
        order by tenant_id
        limit {limit}
        """, row => row.GetString(0), ct);

    /// <summary>False when the limit was changed, or somebody told of it, in between.</summary>
    public static async Task<bool> ToldAsync(Db tx, SpendingLimit limit, DateOnly since, SpendingMarks marks, CancellationToken ct) =>
        await tx.ExecuteAsync($"""
            update billing.spending_limit
            set told_since = {since}, told = {(int)marks}
            where tenant_id = {limit.TenantId} and capability = {limit.Capability ?? ""} and period = {limit.Period}
              and told_since is not distinct from {limit.ToldSince}::date and told = {(int)limit.Told}
              and alert_nanos is not distinct from {limit.AlertAt?.Nanos}::bigint
              and cap_nanos is not distinct from {limit.HardCap?.Nanos}::bigint
            """, ct) == 1;

    private static SpendingLimit Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1) is { Length: > 0 } name ? name : null, SnakeCase<CapPeriod>.Parse(row.GetString(2)),
        row.IsDBNull(3) ? null : new Money(row.GetInt64(3)), row.IsDBNull(4) ? null : new Money(row.GetInt64(4)),
        row.IsDBNull(5) ? null : row.GetFieldValue<DateOnly>(5), (SpendingMarks)row.GetInt32(6));
}
