using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal static class UseSql
{
    /// <summary>A process that does not show itself for so long is dead, and holds nothing.</summary>
    private static readonly TimeSpan s_tellerDeadAfter = TimeSpan.FromSeconds(15);

    /// <summary>Shows that the process lives. False when this batch was committed before.</summary>
    public static async Task<bool> BeatAsync(Db tx, Guid teller, long batch, CancellationToken ct) => await tx.ValueAsync<long>($"""
        with before as (select batch from gateway.key_teller where id = {teller})
        insert into gateway.key_teller as t (id, batch, beat_at)
        values ({teller}, {batch}, now())
        on conflict (id) do update
        set batch = greatest(t.batch, excluded.batch), beat_at = excluded.beat_at
        returning coalesce((select batch from before), 0)
        """, ct) < batch;

    // In one order everywhere, so that replicas that tell of the same keys do not wait for each other in a circle.
    public static Task AddAsync(Db tx, IReadOnlyList<CountRow> rows, CancellationToken ct)
    {
        var sums = rows.GroupBy(row => (row.Key, row.What, row.StartsAt), row => row.Amount)
            .Select(row => (Key: row.Key.Key.Value, What: Sql.Name(row.Key.What), row.Key.StartsAt, Amount: row.Sum()))
            .OrderBy(row => row.Key).ThenBy(row => row.What, StringComparer.Ordinal).ThenBy(row => row.StartsAt).ToList();
        return tx.ExecuteAsync($"""
            insert into gateway.key_count as c (key_id, what, starts_at, count)
            select * from unnest({sums.Select(row => row.Key).ToArray()}, {sums.Select(row => row.What).ToArray()},
                                 {sums.Select(row => row.StartsAt).ToArray()}, {sums.Select(row => row.Amount).ToArray()})
            on conflict (key_id, what, starts_at) do update set count = c.count + excluded.count
            """, ct);
    }

    public static async Task HoldAsync(
        Db tx, Guid teller, IReadOnlyList<(Id<GatewayKey> Key, long Tokens, long Nanos)> holds, CancellationToken ct)
    {
        var keys = holds.Select(hold => hold.Key.Value).ToArray();
        await tx.ExecuteAsync($"""
            insert into gateway.key_hold (key_id, teller_id, tokens, nanos)
            select key, {teller}, tokens, nanos
            from unnest({keys}, {holds.Select(hold => hold.Tokens).ToArray()}, {holds.Select(hold => hold.Nanos).ToArray()}) h (key, tokens, nanos)
            on conflict (key_id, teller_id) do update set tokens = excluded.tokens, nanos = excluded.nanos
            """, ct);
        await tx.ExecuteAsync(
            $"delete from gateway.key_hold where teller_id = {teller} and key_id = any({keys}) and tokens = 0 and nanos = 0", ct);
    }

    public static Task<List<SharedUse>> ReadAsync(Db db, Guid teller, Guid[] keys, Window window, CancellationToken ct) => db.QueryAsync($"""
        select k.id,
               coalesce((select count from gateway.key_count where key_id = k.id and what = 'requests' and starts_at = {window.Minute}), 0),
               coalesce((select count from gateway.key_count where key_id = k.id and what = 'tokens' and starts_at = {window.Minute}), 0),
               coalesce((select count from gateway.key_count where key_id = k.id and what = 'day' and starts_at = {window.Day}), 0),
               coalesce((select count from gateway.key_count where key_id = k.id and what = 'month' and starts_at = {window.Month}), 0),
               others.tokens, others.nanos
        from unnest({keys}) k (id)
        cross join lateral (
            select coalesce(sum(h.tokens), 0)::bigint as tokens, coalesce(sum(h.nanos), 0)::bigint as nanos
            from gateway.key_hold h
            join gateway.key_teller t on t.id = h.teller_id
            where h.key_id = k.id and h.teller_id <> {teller} and t.beat_at > now() - {s_tellerDeadAfter}
        ) others
        """, row => new SharedUse(new(row.GetGuid(0)), window, row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4),
            row.GetInt64(5), row.GetInt64(6)), ct);

    public static Task EndAsync(Db db, Guid teller, CancellationToken ct) =>
        db.ExecuteAsync($"delete from gateway.key_teller where id = {teller}", ct);

    /// <summary>Forgets what nobody asks for any more.</summary>
    public static async Task CleanAsync(Db db, DateTimeOffset now, CancellationToken ct)
    {
        await db.ExecuteAsync($"""
            delete from gateway.key_count
            where starts_at < {now.AddMinutes(-10)} and (what in ('requests', 'tokens')
               or what = 'day' and starts_at < {now.AddDays(-40)} or starts_at < {now.AddDays(-400)})
            """, ct);
        await db.ExecuteAsync($"delete from gateway.key_teller where beat_at < now() - interval '1 hour'", ct);
        await db.ExecuteAsync($"delete from gateway.key where revoked_at < {now.AddDays(-90)}", ct);
    }
}
