using Npgsql;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal enum TurnState { Waiting, Running, Answered, Failed, Cancelled }

/// <summary>Something that was said to a bot, from when we have it until the bot is through with it.</summary>
internal sealed record Turn(
    Guid Id, Guid BotId, string Session, string ClientId, string Message, string? Sender, Guid? Replaces, TurnState State, string? Problem,
    bool CanRetry, bool IsCancelled, DateTimeOffset CreatedAt, DateTimeOffset? EndedAt)
{
    public bool IsOver => State is TurnState.Answered or TurnState.Failed or TurnState.Cancelled;
}

internal static class TurnSql
{
    public const int OpenMax = 500;

    /// <summary>Names a bot that refused a message.</summary>
    public const string RefusedChannel = "fleet_turn_refused";

    private static readonly TimeSpan s_refusedLately = TimeSpan.FromMinutes(2);

    /// <summary>False when its sender said it before.</summary>
    public static async Task<bool> InsertAsync(Db tx, Turn turn, string tenant, CancellationToken ct) => await tx.ExecuteAsync($"""
        insert into fleet.turn (id, bot_id, tenant_id, session, client_id, message, sender, replaces, state, created_at)
        values ({turn.Id}, {turn.BotId}, {tenant}, {turn.Session}, {turn.ClientId}, {turn.Message}, {turn.Sender}::text,
                {turn.Replaces}::uuid, 'waiting', {turn.CreatedAt})
        on conflict (bot_id, session, client_id) do nothing
        """, ct) == 1;

    public static Task<Turn?> FindAsync(Db db, Guid bot, string session, string clientId, CancellationToken ct) => db.FirstAsync($"""
        select id, bot_id, session, client_id, message, sender, replaces, state, problem, can_retry, cancel_at is not null, created_at, ended_at
        from fleet.turn
        where bot_id = {bot} and session = {session} and client_id = {clientId}
        """, Read, ct);

    public static Task<Turn?> FindAsync(Db db, Guid bot, Guid id, CancellationToken ct) => db.FirstAsync($"""
        select id, bot_id, session, client_id, message, sender, replaces, state, problem, can_retry, cancel_at is not null, created_at, ended_at
        from fleet.turn
        where bot_id = {bot} and id = {id}
        """, Read, ct);

    public static Task<long> CountOpenAsync(Db db, Guid bot, CancellationToken ct) =>
        db.ValueAsync<long>($"select count(*) from fleet.turn where bot_id = {bot} and ended_at is null", ct);

    /// <summary>What the bot is not through with, in the order in which it was said.</summary>
    /// <param name="whole">Also what it has said it has.</param>
    public static Task<List<Turn>> OpenAsync(Db db, Guid bot, bool whole, CancellationToken ct) => db.QueryAsync($"""
        select id, bot_id, session, client_id, message, sender, replaces, state, problem, can_retry, cancel_at is not null, created_at, ended_at
        from fleet.turn
        where bot_id = {bot} and ended_at is null and ({whole} or state <> 'running' or cancel_at is not null)
        order by created_at, id
        limit {OpenMax}
        """, Read, ct);

    /// <summary>
    /// What is not answered yet, and what the bot refused: of that nobody else knows. One that was said again since is
    /// shown as that.
    /// </summary>
    public static Task<List<Turn>> WaitingAsync(Db db, Guid bot, string session, CancellationToken ct) => db.QueryAsync($"""
        select id, bot_id, session, client_id, message, sender, replaces, state, problem, can_retry, cancel_at is not null, created_at, ended_at
        from fleet.turn t
        where bot_id = {bot} and session = {session}
          and (state in ('waiting', 'running')
               or (refused_at is not null and not exists (select from fleet.turn r where r.bot_id = {bot} and r.replaces = t.id)))
        order by created_at, id
        limit {OpenMax}
        """, Read, ct);

    /// <summary>Bots that messages wait for, or that have not said how they ended.</summary>
    public static Task<List<Guid>> BotsAsync(Db db, CancellationToken ct) => db.QueryAsync($"""
        select distinct t.bot_id
        from fleet.turn t
        join fleet.link k on k.peer = 'bot:' || t.bot_id
        where t.ended_at is null
        """, row => row.GetGuid(0), ct);

    /// <summary>The bot has it.</summary>
    public static Task TakenAsync(Db db, Guid id, CancellationToken ct) => db.ExecuteAsync($"""
        update fleet.turn
        set state = 'running', taken_at = coalesce(taken_at, now())
        where id = {id} and state = 'waiting'
        """, ct);

    /// <summary>The first outcome holds; a cancelled one stays so for its sender.</summary>
    public static async Task<bool> EndAsync(Db db, Guid bot, Guid id, TurnOutcome outcome, CancellationToken ct) => await db.ExecuteAsync($"""
        update fleet.turn
        set state = case when state = 'cancelled' then state else {outcome.End} end, problem = {Cut(outcome.Problem)}::text,
            can_retry = {outcome.CanRetry}, model = {outcome.Model}::text, input_tokens = {outcome.InputTokens},
            output_tokens = {outcome.OutputTokens}, milliseconds = {outcome.Milliseconds}, ended_at = now()
        where id = {id} and bot_id = {bot} and ended_at is null
        """, ct) == 1;

    /// <summary>One that the bot does not have is over at once; the other is over when the bot says so.</summary>
    public static Task CancelAsync(Db db, Guid bot, Guid id, CancellationToken ct) => db.ExecuteAsync($"""
        update fleet.turn
        set cancel_at = coalesce(cancel_at, now()), state = case when state = 'waiting' then 'cancelled' else state end
        where id = {id} and bot_id = {bot} and ended_at is null
        """, ct);

    /// <summary>The bot knows that it need not begin.</summary>
    public static Task CancelledAsync(Db db, Guid id, CancellationToken ct) => db.ExecuteAsync($"""
        update fleet.turn
        set ended_at = now()
        where id = {id} and ended_at is null and state = 'cancelled'
        """, ct);

    /// <summary>The bot does not take it. What is wrong with the message itself stays wrong.</summary>
    public static Task RefusedAsync(Db db, Guid id, LinkProblem problem, CancellationToken ct) => db.ExecuteAsync($"""
        with refused as (
            update fleet.turn
            set state = 'failed', problem = {Cut(problem.Message)}, can_retry = {!problem.Code.StartsWith("turn.", StringComparison.Ordinal)},
                ended_at = now(), refused_at = now()
            where id = {id} and ended_at is null
            returning bot_id
        )
        select pg_notify({RefusedChannel}, bot_id::text) from refused
        """, ct);

    /// <summary>What the bot refused lately, oldest first, and up to when that was looked for.</summary>
    /// <param name="since">Null for the last minutes, because whoever was away may not have heard of it.</param>
    public static async Task<(List<Turn> Turns, DateTimeOffset Until)> RefusedAsync(
        Db db, Guid bot, string session, DateTimeOffset? since, CancellationToken ct)
    {
        var until = await db.ValueAsync<DateTimeOffset>($"select now()", ct);
        return (await db.QueryAsync($"""
            select id, bot_id, session, client_id, message, sender, replaces, state, problem, can_retry, cancel_at is not null, created_at, ended_at
            from fleet.turn
            where bot_id = {bot} and session = {session} and refused_at > coalesce({since}::timestamptz, {until} - {s_refusedLately})
            order by refused_at, id
            limit {OpenMax}
            """, Read, ct), until);
    }

    public static Task DeleteSessionAsync(Db db, Guid bot, string session, CancellationToken ct) =>
        db.ExecuteAsync($"delete from fleet.turn where bot_id = {bot} and session = {session}", ct);

    public static string? Cut(string? text) =>
        text is null ? null : string.Concat((text.Length <= 2000 ? text : text[..2000]).EnumerateRunes().Where(rune => rune.Value != 0));

    private static Turn Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetString(4), row.IsDBNull(5) ? null : row.GetString(5),
        row.IsDBNull(6) ? null : row.GetGuid(6), SnakeCase<TurnState>.Parse(row.GetString(7)), row.IsDBNull(8) ? null : row.GetString(8),
        row.GetBoolean(9), row.GetBoolean(10), row.GetFieldValue<DateTimeOffset>(11),
        row.IsDBNull(12) ? null : row.GetFieldValue<DateTimeOffset>(12));
}
