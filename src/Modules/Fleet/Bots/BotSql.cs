using System.Text.Json;
using Npgsql;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal static class BotSql
{
    public const int ListMax = 1000;

    /// <summary>Bots that are not deleted: what a quota counts.</summary>
    public static Task<long> CountAsync(Db db, string tenant, CancellationToken ct) =>
        db.ValueAsync<long>($"select count(*) from fleet.bot where tenant_id = {tenant} and deleted_at is null", ct);

    /// <summary>The tenant's next number. Callers stand in line until the commit.</summary>
    public static Task<int> NextOrdinalAsync(Db tx, string tenant, CancellationToken ct) => tx.ValueAsync<int>($"""
        insert into fleet.tenant as t (tenant_id, ordinal)
        values ({tenant}, 1)
        on conflict (tenant_id) do update
        set ordinal = t.ordinal + 1
        returning ordinal
        """, ct);

    public static Task InsertAsync(Db tx, Bot bot, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into fleet.bot (id, tenant_id, ordinal, name, description, image, env, restart_policy, update_policy, release_channel,
                               discovery, model, time_zone, avatar, resource_tier, storage_tier, created_by, wish, state, state_at,
                               created_at, updated_at)
        values ({bot.Id}, {bot.TenantId}, {bot.Ordinal}, {bot.Profile.Name}, {bot.Profile.Description}, {bot.Profile.Image}, {bot.Env},
                {bot.Profile.RestartPolicy}, {bot.Profile.UpdatePolicy}, {bot.Profile.ReleaseChannel}, {Json(bot.Profile.Discovery)}::jsonb,
                {bot.Profile.Model}::text, {bot.Profile.TimeZone}, {bot.Profile.Avatar}, {bot.Profile.ResourceTier},
                {bot.Profile.StorageTier}, {bot.CreatedBy}::text, {bot.Wish}, {bot.State}, now(), {bot.CreatedAt}, {bot.UpdatedAt})
        """, ct);

    /// <summary>Everything that verbs and the reconciler change. The caller holds the row.</summary>
    public static Task UpdateAsync(Db tx, Bot bot, bool hasMoved, CancellationToken ct) => tx.ExecuteAsync($"""
        update fleet.bot
        set name = {bot.Profile.Name}, description = {bot.Profile.Description}, image = {bot.Profile.Image}, env = {bot.Env},
            restart_policy = {bot.Profile.RestartPolicy}, update_policy = {bot.Profile.UpdatePolicy},
            release_channel = {bot.Profile.ReleaseChannel}, discovery = {Json(bot.Profile.Discovery)}::jsonb,
            model = {bot.Profile.Model}::text, time_zone = {bot.Profile.TimeZone}, avatar = {bot.Profile.Avatar},
            resource_tier = {bot.Profile.ResourceTier}, storage_tier = {bot.Profile.StorageTier}, created_by = {bot.CreatedBy}::text, wish = {bot.Wish},
            billing_state = {bot.Billing}, suspended_at = {bot.SuspendedAt}::timestamptz,
            destroy_after = {bot.DestroyAfter}::timestamptz, starts = {bot.Starts}, generation = {bot.Generation},
            node_id = {bot.NodeId}::text, version = {bot.Version}, gateway_key_id = {bot.GatewayKeyId}::text,
            gateway_key = {bot.GatewayKey}::bytea, state = {bot.State},
            state_at = case when {hasMoved} then now() else state_at end, fault = {bot.Fault}::text, recoveries = {bot.Recoveries},
            updated_at = {bot.UpdatedAt}, deleted_at = {bot.DeletedAt}::timestamptz, erase_after = {bot.EraseAfter}::timestamptz,
            erased_at = {bot.ErasedAt}::timestamptz
        where id = {bot.Id}
        """, ct);

    public static async Task<BotSeenNow?> FindAsync(Db db, string? tenant, Guid id, CancellationToken ct) =>
        await ListAsync(db, tenant, id, isDeleted: null, ct) is [var bot] ? bot : null;

    /// <param name="tenant">Null for all.</param>
    /// <param name="id">Null for all.</param>
    /// <param name="isDeleted">Null for both kinds; the erased are never among them.</param>
    public static Task<List<BotSeenNow>> ListAsync(
        Db db, string? tenant, Guid? id, bool? isDeleted, CancellationToken ct) => db.QueryAsync($"""
        select b.id, b.tenant_id, b.ordinal, b.name, b.description, b.image, b.env, b.restart_policy, b.update_policy, b.release_channel,
               b.discovery::text, b.model, b.time_zone, b.resource_tier, b.storage_tier, b.created_by, b.wish, b.billing_state,
               b.suspended_at, b.destroy_after, b.starts, b.generation, b.node_id, b.version, b.gateway_key_id, b.gateway_key,
               b.state, b.state_at, b.fault, b.recoveries, b.created_at, b.updated_at, b.deleted_at, b.erase_after, b.erased_at, b.avatar,
               s.generation, s.version, s.process, s.started_at, s.restarts, s.exit, s.fault, s.cpu_percent, s.memory_bytes,
               s.data_bytes, s.has_data, s.seen_at,
               (select t.created_at from fleet.turn t where t.bot_id = b.id order by t.created_at desc limit 1)
        from fleet.bot b
        left join fleet.bot_seen s on s.bot_id = b.id
        where b.erased_at is null and b.id = coalesce({id}::uuid, b.id) and b.tenant_id = coalesce({tenant}::text, b.tenant_id)
          and (b.deleted_at is not null) = coalesce({isDeleted}::boolean, b.deleted_at is not null)
        order by b.tenant_id, b.ordinal
        limit {ListMax}
        """, ReadSeen, ct);

    /// <summary>Holds the row to the end of the transaction; erased ones are not found.</summary>
    /// <param name="tenant">Null for whoever it is.</param>
    public static Task<Bot?> LockAsync(Db tx, string? tenant, Guid id, CancellationToken ct) => tx.FirstAsync($"""
        select id, tenant_id, ordinal, name, description, image, env, restart_policy, update_policy, release_channel,
               discovery::text, model, time_zone, resource_tier, storage_tier, created_by, wish, billing_state,
               suspended_at, destroy_after, starts, generation, node_id, version, gateway_key_id, gateway_key,
               state, state_at, fault, recoveries, created_at, updated_at, deleted_at, erase_after, erased_at, avatar
        from fleet.bot
        where id = {id} and erased_at is null and tenant_id = coalesce({tenant}::text, tenant_id)
        for update
        """, Read, ct);

    /// <summary>Null when somebody works on it already, or it is erased.</summary>
    public static Task<Bot?> TakeAsync(Db tx, Guid id, CancellationToken ct) => tx.FirstAsync($"""
        select id, tenant_id, ordinal, name, description, image, env, restart_policy, update_policy, release_channel,
               discovery::text, model, time_zone, resource_tier, storage_tier, created_by, wish, billing_state,
               suspended_at, destroy_after, starts, generation, node_id, version, gateway_key_id, gateway_key,
               state, state_at, fault, recoveries, created_at, updated_at, deleted_at, erase_after, erased_at, avatar
        from fleet.bot
        where id = {id} and erased_at is null
        for update skip locked
        """, Read, ct);

    /// <summary>Also deleted ones that can come back.</summary>
    public static Task<List<Guid>> OfTenantAsync(Db db, string tenant, CancellationToken ct) => db.QueryAsync(
        $"select id from fleet.bot where tenant_id = {tenant} and erased_at is null order by id", row => row.GetGuid(0), ct);

    /// <summary>What each of the tenant's bots is sized as, and whether it is to run.</summary>
    public static Task<List<(string Resource, string Storage, bool Runs)>> SizesAsync(Db db, string tenant, CancellationToken ct) =>
        db.QueryAsync($"""
            select resource_tier, storage_tier, wish = 'run' and billing_state = 'active'
            from fleet.bot
            where tenant_id = {tenant} and deleted_at is null
            """, row => (row.GetString(0), row.GetString(1), row.GetBoolean(2)), ct);

    public static Bot Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), row.GetInt32(2),
        new(row.GetString(3), row.GetString(4), row.GetString(5), row.GetString(7), row.GetString(8), row.GetString(9),
            row.IsDBNull(10) ? null : JsonSerializer.Deserialize<Discovery>(row.GetString(10), JsonSerializerOptions.Web),
            Text(row, 11), row.GetString(12), row.GetString(35), row.GetString(13), row.GetString(14)),
        row.GetFieldValue<byte[]>(6), Text(row, 15), SnakeCase<BotWish>.Parse(row.GetString(16)),
        SnakeCase<BillingState>.Parse(row.GetString(17)), Time(row, 18), Time(row, 19), row.GetInt32(20), row.GetInt32(21), Text(row, 22),
        row.GetInt64(23), Text(row, 24), row.IsDBNull(25) ? null : row.GetFieldValue<byte[]>(25),
        SnakeCase<BotState>.Parse(row.GetString(26)), row.GetFieldValue<DateTimeOffset>(27), Text(row, 28), row.GetInt32(29),
        row.GetFieldValue<DateTimeOffset>(30), row.GetFieldValue<DateTimeOffset>(31), Time(row, 32), Time(row, 33), Time(row, 34));

    private const int SightAt = 36;
    private const int LastSaidAt = 48;

    private static BotSeenNow ReadSeen(NpgsqlDataReader row) => new(Read(row), Sight(row, SightAt), Time(row, LastSaidAt));

    /// <summary>What was seen, from this column on.</summary>
    public static BotSight? Sight(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : new(
        row.GetInt32(at), row.GetInt64(at + 1), SnakeCase<BotProcess>.Parse(row.GetString(at + 2)), Time(row, at + 3),
        row.GetInt32(at + 4), row.IsDBNull(at + 5) ? null : row.GetInt32(at + 5), Text(row, at + 6), row.GetDouble(at + 7),
        row.GetInt64(at + 8), row.GetInt64(at + 9), row.GetBoolean(at + 10), row.GetFieldValue<DateTimeOffset>(at + 11));

    private static string? Text(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetString(at);

    private static DateTimeOffset? Time(NpgsqlDataReader row, int at) => row.IsDBNull(at) ? null : row.GetFieldValue<DateTimeOffset>(at);

    private static string? Json(Discovery? discovery) =>
        discovery is null ? null : JsonSerializer.Serialize(discovery, JsonSerializerOptions.Web);
}
