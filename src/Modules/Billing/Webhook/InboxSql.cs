using Npgsql;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class InboxSql
{
    public static async Task<bool> InsertAsync(Db tx, StripeEvent said, CancellationToken ct) => await tx.ExecuteAsync($"""
        insert into billing.stripe_event (id, type, object_id, created_at, outcome, body)
        values ({said.Id}, {said.Type}, {said.ObjectId}::text, {said.CreatedAt}, 'ignored', {said.Body}::json)
        on conflict do nothing
        """, ct) == 1;

    public static Task FinishAsync(Db tx, string id, Outcome outcome, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.stripe_event
        set outcome = {(outcome.Reason is not null ? "unprocessed" : outcome.IsHandled ? "applied" : "ignored")},
            tenant_id = {outcome.Tenant}::text, credited_nanos = {outcome.Credited ?? Money.Zero}
        where id = {id}
        """, ct);

    public static Task QueueAsync(Db tx, string id, Outcome outcome, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into billing.unprocessed_event (event_id, reason, tenant_id, cents, currency)
        values ({id}, {outcome.Reason}::text, {outcome.Tenant}::text, {outcome.Cents}::bigint, {outcome.Currency}::text)
        """, ct);

    public static Task<List<UnprocessedEvent>> OpenAsync(Db db, Paging<long> paging, CancellationToken ct) => db.QueryAsync($"""
        select u.event_id, e.type, e.object_id, u.reason, u.tenant_id, u.cents, u.currency, u.created_at, u.number
        from billing.unprocessed_event u
        join billing.stripe_event e on e.id = u.event_id
        where u.state = 'open'
          and ({paging.IsFirst} or u.number < {paging.After})
        order by u.number desc
        limit {paging.Fetch}
        """, Read, ct);

    /// <summary>The event's body, when it is still open; holds it to the end of the transaction.</summary>
    public static Task<string?> TakeAsync(Db tx, string id, CancellationToken ct) => tx.ValueAsync<string>($"""
        select e.body::text
        from billing.unprocessed_event u
        join billing.stripe_event e on e.id = u.event_id
        where u.event_id = {id} and u.state = 'open'
        for update of u
        """, ct);

    public static Task CloseAsync(Db tx, string id, string state, string note, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.unprocessed_event
        set state = {state}, closed_at = now(), closed_note = {note}
        where event_id = {id}
        """, ct);

    public static Task SetReasonAsync(Db tx, string id, Outcome outcome, CancellationToken ct) => tx.ExecuteAsync(
        $"update billing.unprocessed_event set reason = {outcome.Reason}::text where event_id = {id}", ct);

    private static UnprocessedEvent Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3),
        row.IsDBNull(4) ? null : row.GetString(4), row.IsDBNull(5) ? null : row.GetInt64(5),
        row.IsDBNull(6) ? null : row.GetString(6), row.GetFieldValue<DateTimeOffset>(7))
    {
        Number = row.GetInt64(8),
    };
}
