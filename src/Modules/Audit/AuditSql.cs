using Npgsql;
using Wopr.Kernel;

namespace Wopr.Audit;

internal static class AuditSql
{
    private const long SealingLock = 0x776f7072_00000002;

    /// <summary>
    /// True for one transaction at a time; the others go home. A lost lease cannot make two seals of
    /// one.
    /// </summary>
    public static async Task<bool> TrySealingAsync(Db tx, CancellationToken ct) =>
        await tx.ValueAsync<bool>($"select pg_try_advisory_xact_lock({SealingLock})", ct);

    public static async Task<DateTimeOffset> HourAsync(Db db, CancellationToken ct) =>
        await db.ValueAsync<DateTimeOffset>($"select date_trunc('hour', now(), 'UTC')", ct);

    public static async Task<long> LastDrawnIdAsync(Db db, CancellationToken ct) =>
        await db.ValueAsync<long>($"select last_value from audit.event_id_seq", ct);

    /// <summary>The transactions that may have drawn an id and not yet shown its row.</summary>
    public static async Task<HashSet<string>> WritersAsync(Db db, CancellationToken ct) =>
        [.. await db.QueryAsync($"""
            select virtualtransaction
            from pg_locks
            where locktype = 'relation' and relation = 'audit.event'::regclass and mode = 'RowExclusiveLock' and granted
              and database = (select oid from pg_database where datname = current_database())
            """, row => row.GetString(0), ct)];

    public static Task<Seal?> LastSealAsync(Db db, CancellationToken ct) => db.FirstAsync($"""
        select number, hour, first_id, last_id, count, leaves, events_hash, previous_hash, chain_hash
        from audit.seal
        order by number desc
        limit 1
        """, ReadSeal, ct);

    public static Task<Seal?> NextSealAsync(Db db, long after, CancellationToken ct) => db.FirstAsync($"""
        select number, hour, first_id, last_id, count, leaves, events_hash, previous_hash, chain_hash
        from audit.seal
        where number > {after}
        order by number
        limit 1
        """, ReadSeal, ct);

    public static Task InsertSealAsync(Db tx, Seal seal, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into audit.seal (number, hour, first_id, last_id, count, leaves, events_hash, previous_hash, chain_hash)
        values ({seal.Number}, {seal.Hour}, {seal.FirstId}, {seal.LastId}, {seal.Count}, {seal.Leaves},
                {seal.EventsHash}, {seal.PreviousHash}, {seal.ChainHash})
        """, ct);

    public static Task<List<AuditEntry>> RangeAsync(Db db, long first, long last, int limit, CancellationToken ct) =>
        db.QueryAsync($"""
            select id, at, actor_kind, actor_id, user_id, tenant_id, action, target, details::text, ip_address
            from audit.event
            where id between {first} and {last}
            order by id
            limit {limit}
            """, ReadEntry, ct);

    public static async Task<long> CountAfterAsync(Db db, long id, CancellationToken ct) =>
        await db.ValueAsync<long>($"select count(*) from audit.event where id > {id}", ct);

    /// <summary>The first seal that was announced among the events and is not there, or is another.</summary>
    public static Task<string?> LostSealAsync(Db db, CancellationToken ct) => db.FirstAsync($"""
        select event.target
        from audit.event
        left join audit.seal on 'seal:' || seal.number = event.target
        where event.action = {AuditSealer.Sealed} and event.actor_kind = 'system'
          and (seal.number is null or event.details ->> 'chain_hash' is distinct from encode(seal.chain_hash, 'hex'))
        order by event.id
        limit 1
        """, row => row.GetString(0), ct);

    public static Task<List<AuditEntry>> SearchAsync(Db db, AuditFilter filter, Paging<long> paging, CancellationToken ct)
    {
        Sql sql = $"""
            select id, at, actor_kind, actor_id, user_id, tenant_id, action, target, details::text, ip_address
            from audit.event
            where true
            """;
        if (filter.Tenant is { } tenant) { And(sql, "tenant_id = ", tenant); }
        if (filter.ActorKind is { } kind) { And(sql, "actor_kind = ", kind); }
        if (filter.ActorId is { } actor) { And(sql, "actor_id = ", actor); }
        if (filter.Action is { } action) { And(sql, "action = ", action); }
        if (filter.ActionPrefix is { } prefix)
        {
            And(sql, "starts_with(action, ", prefix);
            sql.AppendLiteral(")");
        }
        if (filter.Target is { } target) { And(sql, "target = ", target); }
        if (filter.From is { } from) { And(sql, "at >= ", from.ToUniversalTime()); }
        if (filter.To is { } to) { And(sql, "at < ", to.ToUniversalTime()); }
        if (!paging.IsFirst) { And(sql, "id < ", paging.After); }
        sql.AppendLiteral(" order by id desc limit ");
        sql.AppendFormatted(paging.Fetch);
        return db.QueryAsync(sql, ReadEntry, ct);
    }

    private static void And<T>(Sql sql, string condition, T value)
    {
        sql.AppendLiteral(" and ");
        sql.AppendLiteral(condition);
        sql.AppendFormatted(value);
    }

    private static Seal ReadSeal(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
        row.GetFieldValue<byte[]>(5), row.GetFieldValue<byte[]>(6), row.GetFieldValue<byte[]>(7),
        row.GetFieldValue<byte[]>(8));

    private static AuditEntry ReadEntry(NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1), row.GetString(2), row.GetString(3), Text(row, 4), Text(row, 5),
        row.GetString(6), row.GetString(7), Text(row, 8), Text(row, 9));

    private static string? Text(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetString(column);
}
