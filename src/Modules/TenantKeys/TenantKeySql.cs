using Npgsql;
using Wopr.Kernel;

namespace Wopr.TenantKeys;

internal sealed record SealedKey(string TenantId, string Provider, byte[] Sealed);

internal static class TenantKeySql
{
    public static Task<List<TenantKey>> ListAsync(Db db, string tenant, CancellationToken ct) => db.QueryAsync($"""
        select id, tenant_id, provider, label, hint, created_at, updated_at
        from tenant_keys.key
        where tenant_id = {tenant}
        order by provider
        """, Read, ct);

    public static Task<TenantKey?> FindAsync(Db db, string tenant, KeyProvider provider, CancellationToken ct) =>
        db.FirstAsync($"""
            select id, tenant_id, provider, label, hint, created_at, updated_at
            from tenant_keys.key
            where tenant_id = {tenant} and provider = {provider}
            """, Read, ct);

    public static Task<SealedKey?> SealedAsync(Db db, string tenant, KeyProvider provider, CancellationToken ct) =>
        db.FirstAsync($"""
            select tenant_id, provider, sealed
            from tenant_keys.key
            where tenant_id = {tenant} and provider = {provider}
            """, ReadSealed, ct);

    public static async Task<TenantKey> StoreAsync(
        Db db, TenantKey key, byte[] sealedKey, CancellationToken ct) => (await db.FirstAsync($"""
            insert into tenant_keys.key (id, tenant_id, provider, label, hint, sealed, created_at, updated_at)
            values ({key.Id}, {key.TenantId}, {key.Provider}, {key.Label}, {key.Hint}, {sealedKey}, {key.CreatedAt},
                    {key.UpdatedAt})
            on conflict (tenant_id, provider) do update
            set label = excluded.label, hint = excluded.hint, sealed = excluded.sealed, updated_at = excluded.updated_at
            returning id, tenant_id, provider, label, hint, created_at, updated_at
            """, Read, ct))!;

    public static async Task<bool> DeleteAsync(Db db, string tenant, KeyProvider provider, CancellationToken ct) =>
        await db.ExecuteAsync(
            $"delete from tenant_keys.key where tenant_id = {tenant} and provider = {provider}", ct) == 1;

    public static async Task<long> DueAsync(Db db, byte[] keyId, CancellationToken ct) => await db.ValueAsync<long>($"""
        select count(*)
        from tenant_keys.key
        where substring(sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {keyId}
        """, ct);

    public static Task<List<SealedKey>> TakeDueAsync(
        Db tx, byte[] keyId, string afterTenant, string afterProvider, int limit, CancellationToken ct) => tx.QueryAsync($"""
            select tenant_id, provider, sealed
            from tenant_keys.key
            where substring(sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {keyId}
              and (tenant_id, provider) > ({afterTenant}, {afterProvider})
            order by tenant_id, provider
            limit {limit}
            for update skip locked
            """, ReadSealed, ct);

    public static Task ResealAsync(Db tx, SealedKey key, byte[] sealedAgain, CancellationToken ct) => tx.ExecuteAsync($"""
        update tenant_keys.key
        set sealed = {sealedAgain}
        where tenant_id = {key.TenantId} and provider = {key.Provider}
        """, ct);

    private static TenantKey Read(NpgsqlDataReader row) => new(
        new(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4),
        row.GetFieldValue<DateTimeOffset>(5), row.GetFieldValue<DateTimeOffset>(6));

    private static SealedKey ReadSealed(NpgsqlDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetFieldValue<byte[]>(2));
}
