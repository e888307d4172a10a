using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>A machine that runs bots, as its agent described it.</summary>
internal sealed record Node(string Id, string Runtime, string Version, int Processors, long MemoryBytes, DateTimeOffset SeenAt, bool IsLinked);

internal static class NodeSql
{
    public static Task HelloAsync(Db db, NodeHello hello, CancellationToken ct) => db.ExecuteAsync($"""
        insert into fleet.node as n (id, runtime, version, processors, memory_bytes, created_at, seen_at)
        values ({hello.Node}, {hello.Runtime}, {hello.Version}, {hello.Processors}, {hello.MemoryBytes}, now(), now())
        on conflict (id) do update
        set runtime = excluded.runtime, version = excluded.version, processors = excluded.processors,
            memory_bytes = excluded.memory_bytes, seen_at = excluded.seen_at
        """, ct);

    public static Task SeenAsync(Db db, string id, CancellationToken ct) =>
        db.ExecuteAsync($"update fleet.node set seen_at = now() where id = {id}", ct);

    /// <summary>A node whose agent has no link may run bots and cannot be told anything.</summary>
    public static Task<List<Node>> ListAsync(Db db, CancellationToken ct) => db.QueryAsync($"""
        select n.id, n.runtime, n.version, n.processors, n.memory_bytes, n.seen_at,
               exists (select from fleet.link l where l.peer = 'node:' || n.id and l.beat > now() - interval '15 seconds')
        from fleet.node n
        order by n.id
        """, row => new Node(row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetInt64(4),
            row.GetFieldValue<DateTimeOffset>(5), row.GetBoolean(6)), ct);

    /// <summary>The bot's name, when this generation of it is on this node.</summary>
    public static Task<string?> NameOfAsync(Db db, string node, Guid bot, int generation, CancellationToken ct) => db.ValueAsync<string>($"""
        select 'tenant_' || tenant_id || case when ordinal = 1 then '' else '_' || ordinal end
        from fleet.bot
        where id = {bot} and generation = {generation} and node_id = {node} and erased_at is null
        """, ct);
}
