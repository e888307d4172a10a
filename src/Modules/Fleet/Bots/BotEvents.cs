using Wopr.Kernel;

namespace Wopr.Fleet;

/// <param name="Kind">Dotted: <c>bot.created</c>, <c>bot.state</c>.</param>
internal sealed record BotEvent(
    long Number, Guid BotId, DateTimeOffset At, string Kind, string? State, string Message, string Actor);

/// <summary>What happened to bots, as their owners read it.</summary>
internal sealed class BotEvents(Db db, TimeProvider time)
{
    public const string Channel = "fleet_event";
    public const int PageMax = 200;

    /// <summary>
    /// The last thing a transaction does: from here on it holds the tenant's counter, and who holds it locks no bot.
    /// </summary>
    public async Task AddAsync(Db tx, Bot bot, Actor actor, string kind, string message, CancellationToken ct) => await tx.ExecuteAsync($"""
        with counted as (
            update fleet.tenant
            set event = event + 1
            where tenant_id = {bot.TenantId}
            returning event
        ), added as (
            insert into fleet.event (tenant_id, number, bot_id, at, kind, state, message, actor)
            select {bot.TenantId}, event, {bot.Id}, {time.Now()}, {kind}, {bot.State}, {message}, {actor.ToString()}
            from counted
            returning 1
        )
        select pg_notify({Channel}, {bot.TenantId}) from added
        """, ct);

    /// <summary>Those after it, oldest first.</summary>
    public Task<List<BotEvent>> AfterAsync(string tenant, long number, CancellationToken ct) => db.QueryAsync($"""
        select number, bot_id, at, kind, state, message, actor
        from fleet.event
        where tenant_id = {tenant} and number > {number}
        order by number
        limit {PageMax}
        """, Read, ct);

    public Task<long> LastAsync(string tenant, CancellationToken ct) =>
        db.ValueAsync<long>($"select event from fleet.tenant where tenant_id = {tenant}", ct);

    /// <summary>A bot's, newest first.</summary>
    public Task<List<BotEvent>> OfAsync(Guid bot, long before, int limit, CancellationToken ct) => db.QueryAsync($"""
        select number, bot_id, at, kind, state, message, actor
        from fleet.event
        where bot_id = {bot} and number < {before}
        order by number desc
        limit {limit}
        """, Read, ct);

    private static BotEvent Read(Npgsql.NpgsqlDataReader row) => new(
        row.GetInt64(0), row.GetGuid(1), row.GetFieldValue<DateTimeOffset>(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4),
        row.GetString(5), row.GetString(6));
}

/// <summary>Forgets what happened long ago, and messages that are over.</summary>
internal sealed class FleetCleaning(Db db) : IJob
{
    private static readonly TimeSpan s_events = TimeSpan.FromDays(90);
    private static readonly TimeSpan s_turns = TimeSpan.FromDays(30);

    public async Task RunAsync(CancellationToken ct)
    {
        await db.ExecuteAsync($"delete from fleet.event where at < now() - {s_events}", ct);
        await db.ExecuteAsync($"delete from fleet.turn where ended_at < now() - {s_turns}", ct);
    }
}
