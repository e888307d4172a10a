using Wopr.Kernel;

namespace Wopr.Billing;

internal static class StandingSql
{
    public static Task EnsureAsync(Db tx, string tenant, DateTimeOffset now, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into billing.standing (tenant_id, state, since, next_at)
        values ({tenant}, 'funded', {now}, {now})
        on conflict (tenant_id) do nothing
        """, ct);

    public static Task<Standing?> LockAsync(Db tx, string tenant, CancellationToken ct) => tx.FirstAsync($"""
        select state, since, grace_until, destroy_after, reminded
        from billing.standing
        where tenant_id = {tenant}
        for update
        """, Read, ct);

    public static Task<Standing?> FindAsync(Db db, string tenant, CancellationToken ct) => db.FirstAsync($"""
        select state, since, grace_until, destroy_after, reminded
        from billing.standing
        where tenant_id = {tenant}
        """, Read, ct);

    public static Task SaveAsync(Db tx, string tenant, Standing standing, DateTimeOffset next, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.standing
        set state = {standing.State}, since = {standing.Since}, grace_until = {standing.GraceUntil}::timestamptz,
            destroy_after = {standing.DestroyAfter}::timestamptz, reminded = {standing.Reminded}::int, next_at = {next}
        where tenant_id = {tenant}
        """, ct);

    public static Task<List<string>> DueAsync(Db db, DateTimeOffset now, int limit, CancellationToken ct) => db.QueryAsync($"""
        select tenant_id
        from billing.standing
        where next_at <= {now}
        order by next_at
        limit {limit}
        """, row => row.GetString(0), ct);

    public static Task PutOffAsync(Db db, string tenant, DateTimeOffset until, CancellationToken ct) =>
        db.ExecuteAsync($"update billing.standing set next_at = {until} where tenant_id = {tenant}", ct);

    private static Standing Read(Npgsql.NpgsqlDataReader row) => new(
        SnakeCase<StandingState>.Parse(row.GetString(0)), row.GetFieldValue<DateTimeOffset>(1),
        row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
        row.IsDBNull(3) ? null : row.GetFieldValue<DateTimeOffset>(3),
        row.IsDBNull(4) ? null : row.GetInt32(4));
}
