using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>Which replica holds which link. Times are the database's.</summary>
internal static class LinkSql
{
    public const string Channel = "fleet_link";

    /// <summary>A row without a beat for so long is nobody's.</summary>
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan s_forgotten = TimeSpan.FromMinutes(10);

    /// <summary>The newest link of a peer is the one that counts; whoever held another on a different replica hears it.</summary>
    public static Task EnterAsync(Db db, LinkPeer peer, string replica, Guid connection, CancellationToken ct) => db.ExecuteAsync($"""
        with old as (
            select from fleet.link
            where peer = {peer.Name} and replica <> {replica}),
        entered as (
            insert into fleet.link (peer, replica, connection, generation, since, beat)
            values ({peer.Name}, {replica}, {connection}, {peer.Generation}, now(), now())
            on conflict (peer) do update
            set replica = excluded.replica, connection = excluded.connection, generation = excluded.generation, version = null,
                since = excluded.since, beat = excluded.beat
            returning peer)
        select pg_notify({Channel}, {$"{peer.Name} {connection}"})
        from entered
        where exists (select from old)
        """, ct);

    public static Task LeaveAsync(Db db, LinkPeer peer, Guid connection, CancellationToken ct) =>
        db.ExecuteAsync($"delete from fleet.link where peer = {peer.Name} and connection = {connection}", ct);

    public static Task SayVersionAsync(Db db, LinkPeer peer, string version, CancellationToken ct) => db.ExecuteAsync(
        $"update fleet.link set version = {version} where peer = {peer.Name} and generation = {peer.Generation}", ct);

    /// <summary>Says for all links of a replica that it holds them still; returns those that another connection has now.</summary>
    public static Task<List<string>> BeatAsync(
        Db db, string replica, string[] peers, Guid[] connections, int[] generations, CancellationToken ct) => db.QueryAsync($"""
        with mine as (
            select * from unnest({peers}::text[], {connections}::uuid[], {generations}::int[]) as m (peer, connection, generation)),
        kept as (
            insert into fleet.link as l (peer, replica, connection, generation, since, beat)
            select peer, {replica}, connection, generation, now(), now()
            from mine
            order by peer
            on conflict (peer) do update
            set beat = now()
            where l.connection = excluded.connection
            returning peer)
        select peer from mine
        except
        select peer from kept
        """, row => row.GetString(0), ct);

    /// <summary>The replica that holds the peer's link; null when none does.</summary>
    public static Task<string?> HolderAsync(Db db, string peer, CancellationToken ct) =>
        db.ValueAsync<string>($"select replica from fleet.link where peer = {peer} and beat > now() - {s_fresh}", ct);

    public static Task CleanAsync(Db db, CancellationToken ct) =>
        db.ExecuteAsync($"delete from fleet.link where beat < now() - {s_forgotten}", ct);

    /// <summary>Null when there is no such bot any more.</summary>
    public static async Task<int?> GenerationAsync(Db db, Guid bot, CancellationToken ct) => await db.ValueAsync<int?>(
        $"select generation from fleet.bot where id = {bot} and erased_at is null", ct);
}
