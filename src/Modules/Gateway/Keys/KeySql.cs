using Npgsql;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal sealed record StoredKey(GatewayKey Key, byte[] Hash);

internal static class KeySql
{
    private const int ListMax = 1000;

    /// <summary>Callers that make keys of one tenant stand in line until the commit.</summary>
    public static Task LockTenantAsync(Db tx, string tenant, CancellationToken ct) =>
        tx.ExecuteAsync($"select pg_advisory_xact_lock(hashtextextended({$"gateway.key:{tenant}"}, 0))", ct);

    public static Task<long> CountAsync(Db tx, string tenant, CancellationToken ct) => tx.ValueAsync<long>(
        $"select count(*) from gateway.key where tenant_id = {tenant} and revoked_at is null and not is_issued", ct);

    public static Task InsertAsync(Db tx, GatewayKey key, byte[] hash, bool isIssued, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into gateway.key (id, tenant_id, bot_id, name, hash, hint, models, requests_per_minute, tokens_per_minute,
                                 daily_budget_nanos, monthly_budget_nanos, is_issued, created_at, expires_at)
        values ({key.Id}, {key.TenantId}, {key.BotId}::uuid, {key.Name}, {hash}, {key.Hint}, {key.Models.ToArray()},
                {key.RequestsPerMinute}::int, {key.TokensPerMinute}::bigint, {key.DailyBudget?.Nanos}::bigint,
                {key.MonthlyBudget?.Nanos}::bigint, {isIssued}, {key.CreatedAt}, {key.ExpiresAt}::timestamptz)
        """, ct);

    public static Task UpdateAsync(Db tx, GatewayKey key, CancellationToken ct) => tx.ExecuteAsync($"""
        update gateway.key
        set name = {key.Name}, models = {key.Models.ToArray()}, requests_per_minute = {key.RequestsPerMinute}::int,
            tokens_per_minute = {key.TokensPerMinute}::bigint, daily_budget_nanos = {key.DailyBudget?.Nanos}::bigint,
            monthly_budget_nanos = {key.MonthlyBudget?.Nanos}::bigint
        where id = {key.Id}
        """, ct);

    public static Task RevokeAsync(Db tx, Id<GatewayKey> id, DateTimeOffset now, CancellationToken ct) =>
        tx.ExecuteAsync($"update gateway.key set revoked_at = {now} where id = {id}", ct);

    public static Task<StoredKey?> LockAsync(Db tx, string? tenant, Id<GatewayKey> id, CancellationToken ct) => tx.FirstAsync($"""
        select id, tenant_id, bot_id, name, hint, models, requests_per_minute, tokens_per_minute, daily_budget_nanos,
               monthly_budget_nanos, created_at, expires_at, hash
        from gateway.key
        where tenant_id = {tenant}::text and id = {id} and revoked_at is null
        for update
        """, Read, ct);

    /// <param name="id">Null for all of the tenant's.</param>
    public static Task<List<GatewayKeyView>> ListAsync(
        Db db, string? tenant, Id<GatewayKey>? id, DateTimeOffset today, CancellationToken ct) => db.QueryAsync($"""
            select k.id, k.tenant_id, k.bot_id, k.name, k.hint, k.models, k.requests_per_minute, k.tokens_per_minute,
                   k.daily_budget_nanos, k.monthly_budget_nanos, k.created_at, k.expires_at, k.hash,
                   coalesce(day.count, 0), coalesce(month.count, 0)
            from gateway.key k
            left join gateway.key_count day on day.key_id = k.id and day.what = 'day' and day.starts_at = {today}
            left join gateway.key_count month
                   on month.key_id = k.id and month.what = 'month' and month.starts_at = {Window.MonthOf(today)}
            where k.tenant_id = {tenant}::text and k.revoked_at is null and k.id = coalesce({id}::uuid, k.id)
            order by k.created_at desc, k.id
            limit {ListMax}
            """, row => GatewayKeyView.From(Read(row).Key, row.GetInt64(13), row.GetInt64(14)), ct);

    /// <summary>Those of them that are live, whatever their tenants may do.</summary>
    public static Task<List<StoredKey>> FindAsync(Db db, byte[][] hashes, CancellationToken ct) => db.QueryAsync($"""
        select id, tenant_id, bot_id, name, hint, models, requests_per_minute, tokens_per_minute, daily_budget_nanos,
               monthly_budget_nanos, created_at, expires_at, hash
        from gateway.key
        where hash = any({hashes}) and revoked_at is null
        """, Read, ct);

    private static StoredKey Read(NpgsqlDataReader row) => new(
        new(
            new(row.GetGuid(0)), row.GetString(1), row.IsDBNull(2) ? null : row.GetGuid(2), row.GetString(3), row.GetString(4),
            row.GetFieldValue<string[]>(5), row.IsDBNull(6) ? null : row.GetInt32(6), row.IsDBNull(7) ? null : row.GetInt64(7),
            row.IsDBNull(8) ? null : new Money(row.GetInt64(8)), row.IsDBNull(9) ? null : new Money(row.GetInt64(9)),
            row.GetFieldValue<DateTimeOffset>(10), row.IsDBNull(11) ? null : row.GetFieldValue<DateTimeOffset>(11),
            RevokedAt: null, IsSuspended: false),
        row.GetFieldValue<byte[]>(12));
}
