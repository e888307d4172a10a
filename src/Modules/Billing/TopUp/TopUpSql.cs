using Npgsql;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class TopUpSql
{
    public static Task<TopUp?> FindAsync(Db db, string tenant, CancellationToken ct) => db.FirstAsync($"""
        select tenant_id, usage_enabled, usage_threshold_cents, usage_topup_cents, schedule_enabled, schedule_interval,
               schedule_amount_cents, schedule_next_at, monthly_cap_cents, failures, retry_at, stopped_at
        from billing.top_up
        where tenant_id = {tenant}
        """, Read, ct);

    public static async Task<TopUp> LockAsync(Db tx, string tenant, CancellationToken ct)
    {
        await tx.ExecuteAsync($"insert into billing.top_up (tenant_id) values ({tenant}) on conflict do nothing", ct);
        return (await tx.FirstAsync($"""
            select tenant_id, usage_enabled, usage_threshold_cents, usage_topup_cents, schedule_enabled, schedule_interval,
                   schedule_amount_cents, schedule_next_at, monthly_cap_cents, failures, retry_at, stopped_at
            from billing.top_up
            where tenant_id = {tenant}
            for update
            """, Read, ct))!;
    }

    public static Task SaveAsync(Db tx, TopUp topUp, CancellationToken ct) => tx.ExecuteAsync($"""
        update billing.top_up
        set usage_enabled = {topUp.UsageEnabled}, usage_threshold_cents = {topUp.ThresholdCents},
            usage_topup_cents = {topUp.AmountCents}, schedule_enabled = {topUp.ScheduleEnabled},
            schedule_interval = {topUp.Interval}::text, schedule_amount_cents = {topUp.ScheduleCents}::int,
            schedule_next_at = {topUp.NextAt}::timestamptz, monthly_cap_cents = {topUp.MonthlyCapCents}::int,
            failures = {topUp.Failures}, retry_at = {topUp.RetryAt}::timestamptz, stopped_at = {topUp.StoppedAt}::timestamptz
        where tenant_id = {topUp.TenantId}
        """, ct);

    /// <summary>Tenants that may be due, but for their balance, in order.</summary>
    public static Task<List<string>> CandidatesAsync(Db db, DateTimeOffset now, string after, int limit, CancellationToken ct) =>
        db.QueryAsync($"""
            select t.tenant_id
            from billing.top_up t
            where (t.usage_enabled or (t.schedule_enabled and t.schedule_next_at <= {now}))
              and (t.retry_at is null or t.retry_at <= {now}) and t.tenant_id > {after}
              and not exists (select 1 from billing.top_up_attempt a where a.tenant_id = t.tenant_id and a.status = 'started')
            order by t.tenant_id
            limit {limit}
            """, row => row.GetString(0), ct);

    public static async Task<long> ChargedSinceAsync(Db tx, string tenant, DateTimeOffset from, CancellationToken ct) =>
        await tx.ValueAsync<long>($"""
            select coalesce(sum(cents), 0)
            from billing.top_up_attempt
            where tenant_id = {tenant} and created_at >= {from} and status <> 'failed'
            """, ct);

    /// <summary>False when another attempt of the tenant is under way.</summary>
    public static async Task<bool> InsertAsync(Db tx, TopUpAttempt attempt, CancellationToken ct) => await tx.ExecuteAsync($"""
        insert into billing.top_up_attempt (id, tenant_id, reason, cents, customer, payment_method, created_at)
        values ({attempt.Id}, {attempt.TenantId}, {attempt.Reason}, {attempt.Cents}, {attempt.Customer}, {attempt.PaymentMethod},
                {attempt.CreatedAt})
        on conflict do nothing
        """, ct) == 1;

    public static Task<List<TopUpAttempt>> StartedAsync(Db db, int limit, CancellationToken ct) => db.QueryAsync($"""
        select id, tenant_id, reason, cents, customer, payment_method, payment_intent, created_at
        from billing.top_up_attempt
        where status = 'started'
        order by created_at
        limit {limit}
        """, ReadAttempt, ct);

    public static Task KnowAsync(Db db, Guid attempt, string intent, CancellationToken ct) =>
        db.ExecuteAsync($"update billing.top_up_attempt set payment_intent = {intent} where id = {attempt}", ct);

    /// <summary>False when it is settled already.</summary>
    public static async Task<bool> SettleAsync(
        Db tx, Guid attempt, string status, string? intent, string? decline, DateTimeOffset now, CancellationToken ct) =>
        await tx.ExecuteAsync($"""
            update billing.top_up_attempt
            set status = {status}, payment_intent = coalesce({intent}::text, payment_intent), decline = {decline}::text,
                settled_at = {now}
            where id = {attempt} and status = 'started'
            """, ct) == 1;

    private static TopUp Read(NpgsqlDataReader row) => new(
        row.GetString(0), row.GetBoolean(1), row.GetInt32(2), row.GetInt32(3), row.GetBoolean(4),
        row.IsDBNull(5) ? null : SnakeCase<TopUpInterval>.Parse(row.GetString(5)), row.IsDBNull(6) ? null : row.GetInt32(6),
        Moment(row, 7), row.IsDBNull(8) ? null : row.GetInt32(8), row.GetInt32(9), Moment(row, 10), Moment(row, 11));

    private static TopUpAttempt ReadAttempt(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetString(1), SnakeCase<TopUpReason>.Parse(row.GetString(2)), row.GetInt32(3), row.GetString(4),
        row.GetString(5), row.IsDBNull(6) ? null : row.GetString(6), row.GetFieldValue<DateTimeOffset>(7));

    private static DateTimeOffset? Moment(NpgsqlDataReader row, int column) =>
        row.IsDBNull(column) ? null : row.GetFieldValue<DateTimeOffset>(column);
}
