using Wopr.Kernel;

namespace Wopr.Quotas;

internal static class QuotaSql
{
    /// <summary>Makes the tenant's row when there is none, and holds it to the end of the transaction.</summary>
    public static async Task LockAsync(Db tx, string tenant, CancellationToken ct)
    {
        await tx.ExecuteAsync($"insert into quotas.tenant (tenant_id) values ({tenant}) on conflict do nothing", ct);
        await tx.ExecuteAsync($"select from quotas.tenant where tenant_id = {tenant} for update", ct);
    }

    public static async Task<TenantLimits> LimitsAsync(Db db, string tenant, CancellationToken ct)
    {
        var rows = await db.QueryAsync($"""
            select plan_limit.plan, plan_limit.quota, plan_limit.max, tenant_limit.quota is not null, tenant_limit.max
            from quotas.plan_limit
            left join quotas.tenant_limit on tenant_limit.tenant_id = {tenant} and tenant_limit.quota = plan_limit.quota
            where plan_limit.plan = coalesce((select plan from quotas.tenant where tenant_id = {tenant}), {Plan.Free})
            """, row =>
            {
                var isException = row.GetBoolean(3);
                var column = isException ? 4 : 2;
                return (Plan: Parse<Plan>(row.GetString(0)), Limit: new QuotaLimit(
                    Parse<Quota>(row.GetString(1)), row.IsDBNull(column) ? null : row.GetInt64(column), isException));
            }, ct);
        return new(tenant, rows[0].Plan, [.. rows.Select(row => row.Limit).OrderBy(limit => limit.What)]);
    }

    public static Task<List<(Plan Plan, QuotaLimit Limit)>> PlansAsync(Db db, CancellationToken ct) => db.QueryAsync(
        $"select plan, quota, max from quotas.plan_limit",
        row => (Parse<Plan>(row.GetString(0)), new QuotaLimit(
            Parse<Quota>(row.GetString(1)), row.IsDBNull(2) ? null : row.GetInt64(2), IsException: false)), ct);

    public static Task SetPlanAsync(Db tx, string tenant, Plan plan, CancellationToken ct) => tx.ExecuteAsync(
        $"update quotas.tenant set plan = {plan}, updated_at = now() where tenant_id = {tenant}", ct);

    public static Task SetLimitAsync(Db tx, string tenant, Quota what, long? max, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into quotas.tenant_limit (tenant_id, quota, max)
        values ({tenant}, {what}, {max}::bigint)
        on conflict (tenant_id, quota) do update
        set max = excluded.max
        """, ct);

    public static async Task<bool> ClearLimitAsync(Db tx, string tenant, Quota what, CancellationToken ct) =>
        await tx.ExecuteAsync($"delete from quotas.tenant_limit where tenant_id = {tenant} and quota = {what}", ct) == 1;

    public static Task SetPlanLimitAsync(Db tx, Plan plan, Quota what, long? max, CancellationToken ct) => tx.ExecuteAsync(
        $"update quotas.plan_limit set max = {max}::bigint where plan = {plan} and quota = {what}", ct);

    /// <summary>The value that is stored under this name.</summary>
    public static T Parse<T>(string name) where T : struct, Enum =>
        TryParse<T>(name) ?? throw new FormatException($"'{name}' is not a {typeof(T).Name}.");

    public static T? TryParse<T>(string? name) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Sql.Name(value) == name) { return value; }
        }
        return null;
    }
}
