using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What else than its row is known of a bot, at one moment of the database's clock.</summary>
/// <param name="IsHung">It has been unhealthy for long.</param>
/// <param name="MayBeElsewhere">A lease of an earlier place may still be believed in.</param>
internal sealed record Outlook(
    bool SeesNode, BotSight? Sight, bool HasLease, bool HadLeaseLately, bool IsHung, bool IsEraseDue, bool MayBeElsewhere);

internal static class ReconcileSql
{
    /// <summary>A node that was not heard of for so long is not given bots.</summary>
    private static readonly TimeSpan s_nodeFresh = TimeSpan.FromSeconds(15);

    /// <summary>Nor is what it said before believed any more.</summary>
    private static readonly TimeSpan s_nodeBlind = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_leaseSlow = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_leaseMargin = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_hung = TimeSpan.FromSeconds(60);

    public static async Task<Outlook> OutlookAsync(Db tx, Guid bot, CancellationToken ct) => (await tx.FirstAsync($"""
        select coalesce(n.seen_at > now() - {s_nodeBlind}, false),
               coalesce(l.until > now() and l.generation = b.generation
                        and exists (select from fleet.link k where k.peer = 'bot:' || b.id and k.generation = b.generation), false),
               coalesce(greatest(l.until - {s_lease}, s.up_at) > now() - {s_leaseSlow}, false),
               b.state = 'unhealthy' and b.state_at < now() - {s_hung},
               coalesce(b.erase_after <= now(), false),
               coalesce(l.until + {s_leaseMargin} > now(), false),
               s.generation, s.version, s.process, s.started_at, s.restarts, s.exit, s.fault, s.cpu_percent, s.memory_bytes,
               s.data_bytes, s.has_data, s.seen_at
        from fleet.bot b
        left join fleet.bot_seen s on s.bot_id = b.id and s.generation = b.generation
        left join fleet.lease l on l.bot_id = b.id
        left join fleet.node n on n.id = b.node_id
        where b.id = {bot}
        """, row => new Outlook(row.GetBoolean(0), BotSql.Sight(row, 6), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3),
            row.GetBoolean(4), row.GetBoolean(5)), ct))!;

    /// <summary>The node with the fewest bots that are to run; null when none is there.</summary>
    public static Task<string?> PickNodeAsync(Db tx, CancellationToken ct) => tx.ValueAsync<string>($"""
        select n.id
        from fleet.node n
        left join fleet.bot b on b.node_id = n.id and b.wish = 'run' and b.erased_at is null
        where n.seen_at > now() - {s_nodeFresh}
        group by n.id
        order by count(b.id), n.id
        limit 1
        """, ct);

    /// <summary>
    /// Bots that are not what they should be, or may not be what they are believed to be. All others would be looked at
    /// in vain.
    /// </summary>
    public static Task<List<Guid>> DueAsync(Db db, Guid after, int limit, CancellationToken ct) => db.QueryAsync($"""
        select b.id
        from fleet.bot b
        left join fleet.bot_seen s on s.bot_id = b.id and s.generation = b.generation
        left join fleet.lease l on l.bot_id = b.id and l.generation = b.generation
        left join fleet.node n on n.id = b.node_id
        where b.erased_at is null and b.id > {after}
          and (b.state in ('provisioning', 'unhealthy', 'updating', 'recovering', 'unknown')
               or b.wish = 'erase'
               or b.erase_after <= now()
               or (b.state = 'running' and (l.until is null or l.until < now() or n.seen_at < now() - {s_nodeBlind}))
               or (b.state not in ('stopped', 'suspended', 'deleted') and (b.wish <> 'run' or b.billing_state <> 'active'))
               or (b.state in ('stopped', 'suspended') and b.wish = 'run' and b.billing_state = 'active' and s.process is distinct from 'exited')
               or (b.node_id is not null and s.version is distinct from b.version and n.seen_at > now() - {s_nodeBlind}))
        order by b.id
        limit {limit}
        """, row => row.GetGuid(0), ct);

    /// <summary>What an agent should have.</summary>
    /// <param name="whole">Also what it said it knows.</param>
    public static Task<List<Bot>> OfNodeAsync(Db db, string node, bool whole, Guid after, int limit, CancellationToken ct) => db.QueryAsync($"""
        select b.id, b.tenant_id, b.ordinal, b.name, b.description, b.image, b.env, b.restart_policy, b.update_policy, b.release_channel,
               b.discovery::text, b.model, b.time_zone, b.resource_tier, b.storage_tier, b.created_by, b.wish, b.billing_state,
               b.suspended_at, b.destroy_after, b.starts, b.generation, b.node_id, b.version, b.gateway_key_id, b.gateway_key,
               b.state, b.state_at, b.fault, b.recoveries, b.created_at, b.updated_at, b.deleted_at, b.erase_after, b.erased_at, b.avatar
        from fleet.bot b
        left join fleet.bot_seen s on s.bot_id = b.id and s.generation = b.generation
        where b.node_id = {node} and b.erased_at is null and b.id > {after} and ({whole} or s.version is distinct from b.version)
        order by b.id
        limit {limit}
        """, BotSql.Read, ct);

    public static Task<List<string>> NodesAsync(Db db, CancellationToken ct) =>
        db.QueryAsync($"select id from fleet.node where seen_at > now() - {s_nodeFresh} order by id", row => row.GetString(0), ct);

    /// <summary>
    /// Keeps what a node says of its bots, and names those of which it said something new. Bots of other nodes are none
    /// of its business.
    /// </summary>
    public static Task<List<Guid>> SawAsync(Db db, string node, IReadOnlyList<BotSeen> seen, CancellationToken ct) => db.QueryAsync($"""
        with said as (
            select distinct on (t.id) t.*
            from unnest({Of(seen, one => one.BotId)}, {Of(seen, one => one.Generation)}, {Of(seen, one => one.Version)},
                        {Of(seen, one => Sql.Name(one.Process))}, {Of(seen, one => one.StartedAt)}, {Of(seen, one => one.Restarts)},
                        {Of(seen, one => one.Exit)}, {Of(seen, one => Cut(one.Fault))}, {Of(seen, one => one.CpuPercent)},
                        {Of(seen, one => one.MemoryBytes)}, {Of(seen, one => one.DataBytes)}, {Of(seen, one => one.HasData)})
                 as t (id, generation, version, process, started_at, restarts, exit, fault, cpu, memory, data, has_data)
            join fleet.bot b on b.id = t.id and b.node_id = {node} and b.generation = t.generation and b.erased_at is null
            order by t.id, t.version desc
        ), news as (
            select said.id
            from said
            left join fleet.bot_seen s on s.bot_id = said.id
            where (s.generation, s.version, s.process, s.exit, s.fault, s.has_data)
                  is distinct from (said.generation, said.version, said.process, said.exit, said.fault, said.has_data)
        ), kept as (
            insert into fleet.bot_seen as s (bot_id, generation, version, process, started_at, restarts, exit, fault, cpu_percent,
                                             memory_bytes, data_bytes, has_data, up_at, seen_at)
            select id, generation, version, process, started_at, restarts, exit, fault, cpu, memory, data, has_data,
                   case when process = 'up' then now() end, now()
            from said
            on conflict (bot_id) do update
            set generation = excluded.generation, version = excluded.version, process = excluded.process,
                started_at = excluded.started_at, restarts = excluded.restarts, exit = excluded.exit, fault = excluded.fault,
                cpu_percent = excluded.cpu_percent, memory_bytes = excluded.memory_bytes, data_bytes = excluded.data_bytes,
                has_data = excluded.has_data, seen_at = excluded.seen_at,
                up_at = case when excluded.process <> 'up' then null
                             when s.process = 'up' and s.started_at is not distinct from excluded.started_at then s.up_at
                             else excluded.up_at end
        )
        select id from news
        """, row => row.GetGuid(0), ct);

    private static T[] Of<T>(IReadOnlyList<BotSeen> seen, Func<BotSeen, T> value) => [.. seen.Select(value)];

    private static string? Cut(string? fault) =>
        fault is null ? null : PlainFault(fault.Length <= 500 ? fault : fault[..500]);

    private static string PlainFault(string fault) =>
        string.Concat(fault.EnumerateRunes().Where(rune => rune.Value != 0 && rune != System.Text.Rune.ReplacementChar));
}
