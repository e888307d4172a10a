using Wopr.Kernel;

namespace Wopr.Billing;

internal sealed record DueDay(Guid BotId, string Name, DateOnly Day, Money? Runtime, Money Storage, int Hours);

internal static class BotSql
{
    public static async Task<bool> InsertAsync(Db tx, BotObservation bot, DateTimeOffset now, CancellationToken ct) =>
        await tx.ExecuteAsync($"""
            insert into billing.bot
                (id, tenant_id, name, is_active, resource_tier, storage_tier, first_at, known_through)
            values ({bot.BotId}, {bot.TenantId}, {bot.Name}, {bot.Presence == BotPresence.Active}, {bot.ResourceTier},
                    {bot.StorageTier}, {now}, {DateOnly.FromDateTime(now.UtcDateTime)})
            on conflict (id) do nothing
            """, ct) == 1;

    /// <summary>Whether it was deleted before.</summary>
    public static Task<bool> LockAsync(Db tx, Guid bot, CancellationToken ct) => tx.ValueAsync<bool>(
        $"select deleted_at is not null from billing.bot where id = {bot} for update", ct);

    /// <summary>Writes down the days over which nothing was told: it stayed what it was.</summary>
    public static Task RollAsync(Db tx, Guid bot, DateOnly through, BotPrices prices, CancellationToken ct) =>
        RollAsync(tx, [bot], through, prices, ct);

    public static async Task RollAsync(Db tx, Guid[] bots, DateOnly through, BotPrices prices, CancellationToken ct)
    {
        var ((tiers, nanos), (storageTiers, storageNanos)) = (prices.Runtime, BotPrices.Storage);
        await tx.ExecuteAsync($"""
            insert into billing.bot_day (bot_id, day, tenant_id, runtime_nanos, storage_nanos, hours)
            select b.id, d.day::date, b.tenant_id, case when b.is_active then r.nanos end, s.nanos, 24
            from billing.bot b
            join unnest({tiers}::text[], {nanos}::bigint[]) r (tier, nanos) on r.tier = b.resource_tier
            join unnest({storageTiers}::text[], {storageNanos}::bigint[]) s (tier, nanos) on s.tier = b.storage_tier
            cross join lateral generate_series(
                (b.known_through + 1)::timestamp, {through}::date::timestamp, interval '1 day') d (day)
            where b.id = any({bots})
            on conflict (bot_id, day) do nothing
            """, ct);
        await tx.ExecuteAsync($"""
            update billing.bot
            set known_through = {through}
            where id = any({bots}) and known_through < {through}
            """, ct);
    }

    /// <summary>Bots whose days are not all written down yet, and that nobody holds.</summary>
    public static Task<List<Guid>> TakeBehindAsync(Db tx, DateOnly through, int limit, CancellationToken ct) => tx.QueryAsync($"""
        select id
        from billing.bot
        where deleted_at is null and known_through < {through}
        order by known_through
        limit {limit}
        for update skip locked
        """, row => row.GetGuid(0), ct);

    public static Task ChangeAsync(Db tx, BotObservation bot, DateOnly today, DateTimeOffset now, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            update billing.bot
            set name = {bot.Name}, is_active = {bot.Presence == BotPresence.Active}, resource_tier = {bot.ResourceTier},
                storage_tier = {bot.StorageTier}, known_through = greatest(known_through, {today}),
                deleted_at = case when {bot.Presence == BotPresence.Deleted} then coalesce(deleted_at, {now}) end
            where id = {bot.BotId}
            """, ct);

    /// <summary>The highest of the day counts. A day that was charged stays as it was charged.</summary>
    public static Task MergeAsync(Db tx, BotObservation bot, DateOnly day, int hours, DayPrice price, CancellationToken ct)
    {
        long? runtime = bot.Presence == BotPresence.Active ? price.Runtime.Nanos : null;
        return tx.ExecuteAsync($"""
            insert into billing.bot_day as d (bot_id, day, tenant_id, runtime_nanos, storage_nanos, hours)
            values ({bot.BotId}, {day}, {bot.TenantId}, {runtime}::bigint, {price.Storage}, {hours})
            on conflict (bot_id, day) do update
            set runtime_nanos = greatest(d.runtime_nanos, excluded.runtime_nanos),
                storage_nanos = greatest(d.storage_nanos, excluded.storage_nanos)
            where d.charged_at is null
            """, ct);
    }

    public static Task<List<string>> TenantsDueAsync(Db db, DateOnly before, string after, int limit, CancellationToken ct) =>
        db.QueryAsync($"""
            select distinct tenant_id
            from billing.bot_day
            where charged_at is null and day < {before} and tenant_id > {after}
            order by tenant_id
            limit {limit}
            """, row => row.GetString(0), ct);

    public static Task<List<DueDay>> TakeDueAsync(Db tx, string tenant, DateOnly before, int limit, CancellationToken ct) =>
        tx.QueryAsync($"""
            select d.bot_id, b.name, d.day, d.runtime_nanos, d.storage_nanos, d.hours
            from billing.bot_day d
            join billing.bot b on b.id = d.bot_id
            where d.tenant_id = {tenant} and d.charged_at is null and d.day < {before}
            order by d.day, d.bot_id
            limit {limit}
            for update of d
            """, row => new DueDay(row.GetGuid(0), row.GetString(1), row.GetFieldValue<DateOnly>(2),
                row.IsDBNull(3) ? null : new Money(row.GetInt64(3)), new(row.GetInt64(4)), row.GetInt32(5)), ct);

    public static Task ChargedAsync(Db tx, DueDay day, Money missing, DateTimeOffset now, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.bot_day
        set charged_at = {now}, missing_nanos = {missing}
        where bot_id = {day.BotId} and day = {day.Day}
        """, ct);

    public static async Task<Money> UnchargedAsync(Db db, string tenant, CancellationToken ct) => new(await db.ValueAsync<long>($"""
        select coalesce(sum(coalesce(d.runtime_nanos, 0) * d.hours / 24 + d.storage_nanos * d.hours / 24), 0)::bigint
        from billing.bot_day d
        join billing.bot b on b.id = d.bot_id
        where d.tenant_id = {tenant} and d.charged_at is null
          and (b.deleted_at is not null or d.day < (now() at time zone 'utc')::date)
        """, ct));

    /// <summary>How many bots there are, and what they cost a day as they are now.</summary>
    public static async Task<(long Bots, Money Daily)> CostAsync(Db db, string tenant, BotPrices prices, CancellationToken ct)
    {
        var ((tiers, nanos), (storageTiers, storageNanos)) = (prices.Runtime, BotPrices.Storage);
        var found = await db.QueryAsync($"""
            select count(*), coalesce(sum(case when b.is_active then r.nanos else 0 end + s.nanos), 0)::bigint
            from billing.bot b
            join unnest({tiers}::text[], {nanos}::bigint[]) r (tier, nanos) on r.tier = b.resource_tier
            join unnest({storageTiers}::text[], {storageNanos}::bigint[]) s (tier, nanos) on s.tier = b.storage_tier
            where b.tenant_id = {tenant} and b.deleted_at is null
            """, row => (row.GetInt64(0), new Money(row.GetInt64(1))), ct);
        return found[0];
    }
}
