using Npgsql;

namespace Wopr.Kernel;

/// <param name="Handled">The handlers that are done with it, when several listen to its topic.</param>
internal sealed record OutboxRow(Guid Id, string Topic, string Body, int Attempt, string[] Handled);

internal static class OutboxSql
{
    public static Task<int> InsertAsync(Db tx, Guid id, string topic, string body, CancellationToken ct) => tx.ExecuteAsync($"""
        with sent as (
            insert into kernel.outbox (id, topic, body)
            values ({id}, {topic}, {body}::jsonb)
            returning 1
        )
        select pg_notify({Outbox.Channel}, '') from sent
        """, ct);

    /// <summary>Takes the row that is due longest; until the claim ends no other worker sees it.</summary>
    public static Task<OutboxRow?> ClaimAsync(Db db, string[] topics, TimeSpan claim, CancellationToken ct) => db.FirstAsync($"""
        update kernel.outbox
        set attempts = attempts + 1, due_at = now() + {claim}
        where id = (
            select id
            from kernel.outbox
            where due_at <= now() and parked_at is null and topic = any({topics})
            order by due_at
            limit 1
            for update skip locked
        )
        returning id, topic, body::text, attempts, handled
        """, Read, ct);

    // The attempt is the fence: who lost its claim no longer decides about the row.
    public static Task<int> DeleteAsync(Db db, OutboxRow row, CancellationToken ct) => db.ExecuteAsync($"""
        delete from kernel.outbox
        where id = {row.Id} and attempts = {row.Attempt}
        """, ct);

    public static Task<int> RetryAsync(
        Db db, OutboxRow row, string[] handled, TimeSpan after, string error, CancellationToken ct) => db.ExecuteAsync($"""
        update kernel.outbox
        set due_at = now() + {after}, handled = {handled}, last_error = {error}
        where id = {row.Id} and attempts = {row.Attempt}
        """, ct);

    public static Task<int> ParkAsync(Db db, OutboxRow row, string[] handled, string error, CancellationToken ct) =>
        db.ExecuteAsync($"""
            update kernel.outbox
            set parked_at = now(), handled = {handled}, last_error = {error}
            where id = {row.Id} and attempts = {row.Attempt}
            """, ct);

    private static OutboxRow Read(NpgsqlDataReader row) =>
        new(row.GetGuid(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.GetFieldValue<string[]>(4));
}
