using Npgsql;
using Wopr.Kernel;

namespace Wopr.Gateway.Routing;

/// <param name="RetryIn">Until it may be tried; below zero when it may.</param>
/// <param name="ProbeIn">Until whoever probes it counts as dead; null when nobody does.</param>
internal sealed record BreakerRow(
    OfferKey Key, bool IsLimited, int Trips, DateTimeOffset Since, TimeSpan RetryIn, Guid? Probe, TimeSpan? ProbeIn);

internal readonly record struct OfferKey(string Provider, string UpstreamModel);

internal enum Claim { Claimed, Taken, Closed }

/// <summary>Times are the database's, so that replicas' clocks need not agree.</summary>
internal static class BreakerSql
{
    public static Task<List<BreakerRow>> ReadAsync(Db db, CancellationToken ct) => db.QueryAsync($"""
        select provider, upstream_model, kind = 'limited', trips, since, retry_at - now(), probe, probe_until - now()
        from gateway.breaker
        """, Read, ct);

    /// <summary>Of many that see it fail at once, the first opens it; who comes later joins.</summary>
    public static Task OpenAsync(Db db, OfferKey key, TimeSpan cooldown, CancellationToken ct) => db.ExecuteAsync($"""
        insert into gateway.breaker (provider, upstream_model, kind, retry_at)
        values ({key.Provider}, {key.UpstreamModel}, 'open', now() + {cooldown})
        on conflict (provider, upstream_model) do update
        set kind = 'open', trips = 1, since = now(), retry_at = excluded.retry_at
        where breaker.kind = 'limited'
        """, ct);

    /// <summary>An open circuit stays open, unless it is its own prober that was asked to wait.</summary>
    public static Task LimitAsync(Db db, OfferKey key, TimeSpan wait, Guid? probe, CancellationToken ct) => db.ExecuteAsync($"""
        insert into gateway.breaker (provider, upstream_model, kind, retry_at)
        values ({key.Provider}, {key.UpstreamModel}, 'limited', now() + {wait})
        on conflict (provider, upstream_model) do update
        set kind = 'limited', since = case when breaker.kind = 'limited' then breaker.since else now() end,
            retry_at = greatest(excluded.retry_at, case when breaker.kind = 'limited' then breaker.retry_at end),
            probe = null, probe_until = null
        where breaker.kind = 'limited' or breaker.probe = {probe}::uuid
        """, ct);

    /// <summary>One of all replicas gets to probe, for so long.</summary>
    public static async Task<Claim> ClaimAsync(Db db, OfferKey key, Guid probe, TimeSpan most, CancellationToken ct) =>
        SnakeCase<Claim>.Parse((await db.ValueAsync<string>($"""
            with claimed as (
                update gateway.breaker
                set probe = {probe}, probe_until = now() + {most}
                where provider = {key.Provider} and upstream_model = {key.UpstreamModel}
                  and retry_at <= now() and (probe_until is null or probe_until <= now())
                returning provider)
            select case
                when exists (select from claimed) then 'claimed'
                when exists (select from gateway.breaker
                             where provider = {key.Provider} and upstream_model = {key.UpstreamModel}) then 'taken'
                else 'closed'
            end
            """, ct))!);

    /// <summary>Only the probe that still counts closes it.</summary>
    public static Task CloseAsync(Db db, OfferKey key, Guid probe, CancellationToken ct) => db.ExecuteAsync($"""
        delete from gateway.breaker
        where provider = {key.Provider} and upstream_model = {key.UpstreamModel} and probe = {probe}
        """, ct);

    public static Task ProbeFailedAsync(
        Db db, OfferKey key, Guid probe, TimeSpan cooldown, TimeSpan cooldownMax, CancellationToken ct) => db.ExecuteAsync($"""
        update gateway.breaker
        set trips = trips + 1, retry_at = now() + least({cooldownMax}, {cooldown} * power(2, least(trips, 20))),
            probe = null, probe_until = null
        where provider = {key.Provider} and upstream_model = {key.UpstreamModel} and probe = {probe}
        """, ct);

    public static Task ReleaseAsync(Db db, OfferKey key, Guid probe, CancellationToken ct) => db.ExecuteAsync($"""
        update gateway.breaker
        set probe = null, probe_until = null
        where provider = {key.Provider} and upstream_model = {key.UpstreamModel} and probe = {probe}
        """, ct);

    /// <summary>Limits that are over, and circuits that nobody has asked for in a day.</summary>
    public static Task CleanAsync(Db db, CancellationToken ct) => db.ExecuteAsync($"""
        delete from gateway.breaker
        where (kind = 'limited' and retry_at <= now())
           or (retry_at < now() - interval '1 day' and coalesce(probe_until, retry_at) < now())
        """, ct);

    private static BreakerRow Read(NpgsqlDataReader row) => new(
        new(row.GetString(0), row.GetString(1)), row.GetBoolean(2), row.GetInt32(3), row.GetFieldValue<DateTimeOffset>(4),
        row.GetFieldValue<TimeSpan>(5), row.IsDBNull(6) ? null : row.GetGuid(6),
        row.IsDBNull(7) ? null : row.GetFieldValue<TimeSpan>(7));
}
