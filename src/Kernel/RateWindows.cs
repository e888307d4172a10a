using Npgsql;

namespace Wopr.Kernel;

/// <param name="Count">With what was just added.</param>
/// <param name="Left">Until the window ends and counting begins anew.</param>
public sealed record RateCount(long Count, TimeSpan Left);

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
            """, Read, ct))!;

    public Task<int> ClearAsync(string scope, string key, CancellationToken ct) =>
        db.ExecuteAsync($"delete from kernel.rate_window where scope = {scope} and key = {key}", ct);

    public Task<int> DropEndedAsync(CancellationToken ct) =>
        db.ExecuteAsync($"delete from kernel.rate_window where ends_at <= now()", ct);

    private static RateCount Read(NpgsqlDataReader row) => new(row.GetInt64(0), row.GetTimeSpan(1));
}
