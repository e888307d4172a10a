using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="What">A sentence's beginning that names what does not agree.</param>
/// <param name="Expected">What the entries say.</param>
/// <param name="Found">What is kept.</param>
public sealed record Difference(string What, string Tenant, Money Expected, Money Found);

public sealed record ReconciliationReport(DateTimeOffset At, long Accounts, long Entries, IReadOnlyList<Difference> Differences);

/// <summary>
/// Works every balance out again from the entries, in one look at the database, so that what happens meanwhile does not
/// show as a difference.
/// </summary>
public sealed class Reconciliation(Db db, TimeProvider time)
{
    public async Task<ReconciliationReport> RunAsync(CancellationToken ct)
    {
        var differences = await db.QueryAsync($"""
            with booked as (
                select tenant_id,
                       sum(case when to_account = 'tenant' then nanos when from_account = 'tenant' then -nanos else 0 end)::bigint as balance,
                       sum(case when from_account = 'receivable' then nanos when to_account = 'receivable' then -nanos else 0 end)::bigint as owed
                from credits.entry
                group by tenant_id
            ), kept as (
                select a.tenant_id, a.free_nanos + coalesce(sum(l.remaining_nanos), 0)::bigint as balance, a.owed_nanos as owed
                from credits.account a
                left join credits.allowance l on l.tenant_id = a.tenant_id
                group by a.tenant_id
            ), since as (
                -- Days are dropped whole, so usage is complete from the day after the oldest that is kept.
                select coalesce(min(day) + 1, 'infinity'::date)::timestamp at time zone 'UTC' as at,
                       exists (select from credits.usage_day d where d.day < (select min(day) from credits.usage)) as dropped
                from credits.usage
            ), used as (
                select u.tenant_id, sum(u.charged_nanos)::bigint as charged,
                       sum(u.charged_nanos) filter (where u.batch <= coalesce(s.batch, 0))::bigint as summed
                from credits.usage u
                left join credits.usage_summed s on s.writer_id = u.writer_id
                where not (select dropped from since) or u.settled_at >= (select at from since)
                group by u.tenant_id
            ), charged as (
                select tenant_id, sum(nanos)::bigint as charged
                from credits.entry
                where kind = 'usage' and (not (select dropped from since) or at >= (select at from since))
                group by tenant_id
            ), sums as (
                select tenant_id, sum(charged_nanos)::bigint as charged
                from credits.usage_hour
                where not (select dropped from since) or hour >= (select at from since)
                group by tenant_id
            )
            select 'The balance is not the sum of its entries', tenant_id, coalesce(b.balance, 0), coalesce(k.balance, 0)
            from booked b full join kept k using (tenant_id)
            where coalesce(b.balance, 0) <> coalesce(k.balance, 0)
            union all
            select 'The debt is not the sum of its entries', tenant_id, coalesce(b.owed, 0), coalesce(k.owed, 0)
            from booked b full join kept k using (tenant_id)
            where coalesce(b.owed, 0) <> coalesce(k.owed, 0)
            union all
            select 'What was used is not what was charged', tenant_id, coalesce(c.charged, 0), coalesce(u.charged, 0)
            from charged c full join used u using (tenant_id)
            where coalesce(c.charged, 0) <> coalesce(u.charged, 0)
            union all
            select 'The hourly sums are not what was used', tenant_id, coalesce(u.summed, 0), coalesce(s.charged, 0)
            from used u full join sums s using (tenant_id)
            where coalesce(u.summed, 0) <> coalesce(s.charged, 0)
            union all
            select 'Money is set aside for a process that ended', l.tenant_id, 0, l.remaining_nanos
            from credits.allowance l join credits.writer w on w.id = l.writer_id
            where w.ended_at is not null and l.remaining_nanos > 0
            union all
            select 'A request belongs to a process that ended', s.tenant_id, 0, s.hold_nanos
            from credits.start s left join credits.writer w on w.id = s.writer_id
            where w.id is null or w.ended_at is not null
            order by 1, 2
            """, row => new Difference(row.GetString(0), row.GetString(1), new(row.GetInt64(2)), new(row.GetInt64(3))), ct);
        var accounts = await db.ValueAsync<long>($"select count(*) from credits.account", ct);
        var entries = await db.ValueAsync<long>($"select count(*) from credits.entry", ct);
        return new(time.GetUtcNow(), accounts, entries, differences);
    }
}

/// <summary>Reconciles once a day and says aloud what does not agree.</summary>
internal sealed class DailyReconciliation(Reconciliation reconciliation, ILogger<DailyReconciliation> logger) : IJob
{
    private const int NamedMax = 50;

    public async Task RunAsync(CancellationToken ct)
    {
        var report = await reconciliation.RunAsync(ct);
        foreach (var difference in report.Differences.Take(NamedMax))
        {
            Log.Differs(logger, difference.What, difference.Tenant, difference.Expected.Nanos, difference.Found.Nanos);
        }
        Log.Reconciled(logger, report.Accounts, report.Entries, report.Differences.Count);
    }
}
