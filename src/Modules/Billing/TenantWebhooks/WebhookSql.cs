using Npgsql;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class WebhookSql
{
    public static Task<List<TenantWebhook>> ListAsync(Db db, string tenant, CancellationToken ct) => db.QueryAsync($"""
        select id, tenant_id, url, events, created_at, failing_since, disabled_at
        from billing.webhook_endpoint
        where tenant_id = {tenant}
        order by id
        """, ReadEndpoint, ct);

    /// <summary>Locks it, so that what is decided about it holds.</summary>
    public static Task<TenantWebhook?> LockAsync(Db tx, string tenant, Id<TenantWebhook> id, CancellationToken ct) => tx.FirstAsync($"""
        select id, tenant_id, url, events, created_at, failing_since, disabled_at
        from billing.webhook_endpoint
        where id = {id} and tenant_id = {tenant}
        for update
        """, ReadEndpoint, ct);

    // The lock makes two at a time count each other.
    public static Task LockTenantAsync(Db tx, string tenant, CancellationToken ct) =>
        tx.ExecuteAsync($"select pg_advisory_xact_lock(hashtextextended({$"billing.webhooks:{tenant}"}, 0))", ct);

    public static Task InsertAsync(Db tx, TenantWebhook endpoint, byte[] sealedSecret, CancellationToken ct) => tx.ExecuteAsync($"""
        insert into billing.webhook_endpoint (id, tenant_id, url, events, sealed, created_at)
        values ({endpoint.Id}, {endpoint.TenantId}, {endpoint.Url}, {endpoint.Events}, {sealedSecret}, {endpoint.CreatedAt})
        """, ct);

    public static async Task<bool> DeleteAsync(Db tx, string tenant, Id<TenantWebhook> id, CancellationToken ct) =>
        await tx.ExecuteAsync($"delete from billing.webhook_endpoint where id = {id} and tenant_id = {tenant}", ct) == 1;

    public static Task RotateAsync(Db tx, Id<TenantWebhook> id, byte[] sealedSecret, DateTimeOffset previousUntil, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            update billing.webhook_endpoint
            set previous_sealed = sealed, previous_until = {previousUntil}, sealed = {sealedSecret}
            where id = {id}
            """, ct);

    public static Task EnableAsync(Db tx, Id<TenantWebhook> id, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.webhook_endpoint
        set failures = 0, failing_since = null, retry_at = null, disabled_at = null
        where id = {id}
        """, ct);

    /// <summary>The endpoints that want it, and when each may be called.</summary>
    public static Task<List<(Guid Endpoint, DateTimeOffset At)>> WantingAsync(
        Db tx, string tenant, string type, DateTimeOffset now, CancellationToken ct) => tx.QueryAsync($"""
            select id, greatest({now}, retry_at)
            from billing.webhook_endpoint
            where tenant_id = {tenant} and disabled_at is null and {type} = any(events)
            """, row => (row.GetGuid(0), row.GetFieldValue<DateTimeOffset>(1)), ct);

    public static Task EnqueueAsync(Db tx, string tenant, Guid endpoint, Guid id, WebhookEvent what, DateTimeOffset at,
        DateTimeOffset now, CancellationToken ct) => tx.ExecuteAsync($"""
            insert into billing.webhook_delivery (id, tenant_id, endpoint_id, event_id, type, body, created_at, next_at)
            values ({id}, {tenant}, {endpoint}, {what.Id}, {what.Type}, {what.Body}, {now}, {at})
            """, ct);

    public static Task<WebhookEvent?> EventAsync(Db db, Guid endpoint, Id<WebhookDelivery> id, CancellationToken ct) => db.FirstAsync($"""
        select event_id, type, body
        from billing.webhook_delivery
        where id = {id} and endpoint_id = {endpoint}
        """, row => new WebhookEvent(row.GetGuid(0), row.GetString(1), row.GetString(2)), ct);

    public static Task<List<WebhookDelivery>> DeliveriesAsync(
        Db db, string tenant, Id<TenantWebhook> endpoint, Paging<Guid> page, CancellationToken ct) => db.QueryAsync($"""
            select id, event_id, type, status, created_at, attempts, tried_at,
                   case when status = 'queued' then next_at end, http_status, duration_ms, answer, error
            from billing.webhook_delivery
            where tenant_id = {tenant} and endpoint_id = {endpoint} and ({page.IsFirst} or id < {page.After})
            order by id desc
            limit {page.Fetch}
            """, ReadDelivery, ct);

    /// <summary>
    /// Takes the delivery that is due longest at an endpoint that nobody is sending to, and that endpoint with it: one
    /// slow endpoint holds up one sender.
    /// </summary>
    public static Task<WebhookAttempt?> ClaimAsync(Db db, DateTimeOffset now, DateTimeOffset until, CancellationToken ct) => db.FirstAsync($"""
        with due as (
            select d.id, d.endpoint_id
            from billing.webhook_delivery d
            join billing.webhook_endpoint e on e.id = d.endpoint_id
            where d.status = 'queued' and d.next_at <= {now} and e.disabled_at is null
              and (e.claimed_until is null or e.claimed_until <= {now})
            order by d.next_at
            limit 1
            for update of e, d skip locked
        ),
        taken as (
            update billing.webhook_endpoint e
            set claimed_until = {until}
            from due
            where e.id = due.endpoint_id
            returning e.*
        )
        select t.id, d.id, t.tenant_id, t.url, t.sealed, case when t.previous_until > {now} then t.previous_sealed end, d.body,
               d.attempts, d.created_at, t.failures, t.failing_since
        from taken t
        join due on due.endpoint_id = t.id
        join billing.webhook_delivery d on d.id = due.id
        """, row => new WebhookAttempt(
            row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetFieldValue<byte[]>(4),
            row.IsDBNull(5) ? null : row.GetFieldValue<byte[]>(5), row.GetString(6), row.GetInt32(7),
            row.GetFieldValue<DateTimeOffset>(8), row.GetInt32(9), Moment(row, 10)), ct);

    public static Task TriedAsync(
        Db tx, WebhookAttempt attempt, WebhookOutcome outcome, string status, DateTimeOffset next, DateTimeOffset now, CancellationToken ct) =>
        tx.ExecuteAsync($"""
            update billing.webhook_delivery
            set status = {status}, attempts = attempts + 1, tried_at = {now}, next_at = {next}, http_status = {outcome.Status}::int,
                duration_ms = {outcome.DurationMs}, answer = {outcome.Answer}::text, error = {outcome.Error}::text
            where id = {attempt.Delivery}
            """, ct);

    public static Task WorksAsync(Db tx, Guid endpoint, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.webhook_endpoint
        set failures = 0, failing_since = null, retry_at = null, claimed_until = null
        where id = {endpoint}
        """, ct);

    public static async Task FailsAsync(Db tx, Guid endpoint, DateTimeOffset now, DateTimeOffset retryAt, CancellationToken ct)
    {
        await tx.ExecuteAsync($"""
            update billing.webhook_endpoint
            set failures = failures + 1, failing_since = coalesce(failing_since, {now}), retry_at = {retryAt}, claimed_until = null
            where id = {endpoint}
            """, ct);
        await tx.ExecuteAsync($"""
            update billing.webhook_delivery
            set next_at = {retryAt}
            where endpoint_id = {endpoint} and status = 'queued' and next_at < {retryAt}
            """, ct);
    }

    /// <summary>False when it was turned off already.</summary>
    public static async Task<bool> DisableAsync(Db tx, Guid endpoint, DateTimeOffset now, CancellationToken ct)
    {
        if (await tx.ExecuteAsync($"""
            update billing.webhook_endpoint
            set disabled_at = {now}, claimed_until = null
            where id = {endpoint} and disabled_at is null
            """, ct) == 0) { return false; }
        await tx.ExecuteAsync($"""
            update billing.webhook_delivery
            set status = 'failed', error = coalesce(error, 'The webhook was turned off before this was sent.')
            where endpoint_id = {endpoint} and status = 'queued'
            """, ct);
        return true;
    }

    public static Task<int> CleanAsync(Db db, DateTimeOffset before, CancellationToken ct) => db.ExecuteAsync($"""
        delete from billing.webhook_delivery
        where created_at < {before} and status <> 'queued'
        """, ct);

    public static async Task<long> DueForSealingAsync(Db db, byte[] keyId, CancellationToken ct) => await db.ValueAsync<long>($"""
        select count(*)
        from billing.webhook_endpoint
        where substring(sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {keyId}
           or substring(previous_sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {keyId}
        """, ct);

    public static Task<List<SealedWebhook>> TakeForSealingAsync(Db tx, byte[] keyId, Guid after, int limit, CancellationToken ct) =>
        tx.QueryAsync($"""
            select id, sealed, previous_sealed
            from billing.webhook_endpoint
            where id > {after}
              and (substring(sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {keyId}
                or substring(previous_sealed from {Vault.KeyIdOffset + 1} for {Vault.KeyIdLength}) <> {keyId})
            order by id
            limit {limit}
            for update skip locked
            """, row => new SealedWebhook(row.GetGuid(0), row.GetFieldValue<byte[]>(1),
                row.IsDBNull(2) ? null : row.GetFieldValue<byte[]>(2)), ct);

    public static Task ResealAsync(Db tx, Guid id, byte[] sealedSecret, byte[]? previous, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.webhook_endpoint
        set sealed = {sealedSecret}, previous_sealed = {previous}::bytea
        where id = {id}
        """, ct);

    private static TenantWebhook ReadEndpoint(NpgsqlDataReader row) => new(
        new(row.GetGuid(0)), row.GetString(1), row.GetString(2), row.GetFieldValue<string[]>(3),
        row.GetFieldValue<DateTimeOffset>(4), Moment(row, 5), Moment(row, 6));

    private static WebhookDelivery ReadDelivery(NpgsqlDataReader row) => new(
        new(row.GetGuid(0)), row.GetGuid(1), row.GetString(2), row.GetString(3), row.GetFieldValue<DateTimeOffset>(4),
        row.GetInt32(5), Moment(row, 6), Moment(row, 7), Number(row, 8), Number(row, 9), Text(row, 10), Text(row, 11));

    private static DateTimeOffset? Moment(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);

    private static int? Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt32(column);

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
