using Npgsql;

namespace Wopr.Kernel;

/// <param name="Count">With what was just added.</param>
/// <param name="Left">Until the window ends and counting begins anew.</param>
public sealed record RateCount(long Count, TimeSpan Left);

/// <summary>What somebody did since it was last told.</summary>
public sealed record RateHits(string Scope, string Key, long Amount, TimeSpan Window);

/// <summary>Counts per key in fixed windows of the database's clock, the same for every replica.</summary>
public sealed class RateWindows(Db db)
{
    public async Task<RateCount> AddAsync(string scope, string key, long amount, TimeSpan window, CancellationToken ct) =>
        (await db.FirstAsync($"""
            with w as (
                select to_timestamp(floor(extract(epoch from now()) / {window.TotalSeconds}) * {window.TotalSeconds}) as starts_at
            )
            insert into kernel.rate_window as r (scope, key, starts_at, ends_at, count)
            select {scope}, {key}, starts_at, starts_at + {window}, {amount} from w
            on conflict (scope, key, starts_at) do update set count = r.count + excluded.count
            returning count, ends_at - now()
            """, row => new RateCount(row.GetInt64(0), row.GetTimeSpan(1)), ct))!;

    /// <summary>The counts with all of these added, in their order. Each key may stand there once.</summary>
    public async Task<IReadOnlyList<long>> AddAsync(IReadOnlyList<RateHits> hits, CancellationToken ct)
    {
        // Always in one order, so that replicas that tell of the same callers do not wait for each other in a circle.
        var sorted = hits.OrderBy(hit => hit.Scope, StringComparer.Ordinal).ThenBy(hit => hit.Key, StringComparer.Ordinal).ToList();
        var counts = await db.QueryAsync($"""
            insert into kernel.rate_window as r (scope, key, starts_at, ends_at, count)
            select scope, key, starts_at, starts_at + span, amount
            from (
                select scope, key, span, amount,
                       to_timestamp(floor(extract(epoch from now()) / extract(epoch from span)) * extract(epoch from span)) as starts_at
                from unnest({sorted.Select(hit => hit.Scope).ToArray()}, {sorted.Select(hit => hit.Key).ToArray()},
                            {sorted.Select(hit => hit.Window).ToArray()}, {sorted.Select(hit => hit.Amount).ToArray()})
                     as h (scope, key, span, amount)
            ) as told
            on conflict (scope, key, starts_at) do update set count = r.count + excluded.count
            returning scope, key, count
            """, ReadCount, ct);
        var byKey = counts.ToDictionary(count => count.Key, count => count.Count);
        return [.. hits.Select(hit => byKey[(hit.Scope, hit.Key)])];
    }

    public Task<int> ClearAsync(string scope, string key, CancellationToken ct) =>
        db.ExecuteAsync($"delete from kernel.rate_window where scope = {scope} and key = {key}", ct);

    private static ((string Scope, string Key) Key, long Count) ReadCount(NpgsqlDataReader row) =>
        ((row.GetString(0), row.GetString(1)), row.GetInt64(2));
}

/// <summary>Forgets the windows that ended.</summary>
internal sealed class RateWindowCleaning(Db db) : IJob
{
    public Task RunAsync(CancellationToken ct) => db.ExecuteAsync($"delete from kernel.rate_window where ends_at <= now()", ct);
}
