using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

public sealed class UsageReportOptions : ISettings
{
    [Setting("STRIPE_METER_EVENT_NAME",
        "The event name of a meter in Stripe that is told each day what a customer used, in cents. Without it, nothing is told.")]
    public string? MeterEventName { get; set; }

    public IEnumerable<string> Faults(bool production) => [];
}

/// <summary>
/// Writes down what each customer of Stripe's used on the days that ended, and tells Stripe's meter when there is one. A
/// row is made once; the identifier keeps Stripe from counting it twice when the answer to the first telling was lost.
/// </summary>
internal sealed class UsageReporting(
    Db db, StripeClient stripe, UsageReports usage, TimeProvider time, UsageReportOptions options) : IJob
{
    // Stripe takes events of the last 35 days; sums are complete a few seconds after a day ends.
    private const int DaysBack = 7;
    private static readonly TimeSpan s_settling = TimeSpan.FromMinutes(15);

    public async Task RunAsync(CancellationToken ct)
    {
        var yesterday = DateOnly.FromDateTime((time.GetUtcNow() - s_settling).UtcDateTime).AddDays(-1);
        foreach (var tenant in await db.QueryAsync($"select tenant from billing.tenant_customers order by tenant", row => row.GetString(0), ct))
        {
            foreach (var (day, charged, _) in await usage.DaysAsync(tenant, yesterday.AddDays(1 - DaysBack), yesterday, ct))
            {
                if (charged > Money.Zero) { await WriteAsync(tenant, day, charged, ct); }
            }
        }
        if (options.MeterEventName is { } meter) { await TellAsync(meter, ct); }
    }

    private Task WriteAsync(string tenant, DateOnly day, Money charged, CancellationToken ct) => db.ExecuteAsync($"""
        insert into billing.stripe_usage_reports (tenant_id, day, charged_nanos, status, identifier)
        values ({tenant}, {day}, {charged}, {(options.MeterEventName is null ? "not_reported" : "pending")},
                {$"{tenant}-{day:yyyy-MM-dd}"})
        on conflict do nothing
        """, ct);

    private async Task TellAsync(string meter, CancellationToken ct)
    {
        var pending = await db.QueryAsync($"""
            select r.tenant_id, r.day, r.charged_nanos, r.identifier, c.processor_customer_id
            from billing.stripe_usage_reports r
            join billing.tenant_customers c on c.tenant = r.tenant_id
            where r.status = 'pending'
            order by r.day, r.tenant_id
            """, row => (Tenant: row.GetString(0), Day: row.GetFieldValue<DateOnly>(1), Charged: new Money(row.GetInt64(2)),
                Identifier: row.GetString(3), Customer: row.GetString(4)), ct);
        foreach (var row in pending)
        {
            var at = new DateTimeOffset(row.Day, TimeOnly.MaxValue, TimeSpan.Zero);
            var outcome = await stripe.MeterAsync(meter, row.Customer, row.Charged.Cents, row.Identifier, at, ct);
            // What Stripe cannot answer now is told at the next run; what it refuses is for an operator to read.
            if (outcome.Problem is { Kind: ProblemKind.Unavailable }) { return; }
            await db.ExecuteAsync($"""
                update billing.stripe_usage_reports
                set status = {(outcome.Problem is null ? "reported" : "refused")}, reason = {outcome.Problem?.Detail}::text,
                    reported_at = {time.Now()}
                where tenant_id = {row.Tenant} and day = {row.Day}
                """, ct);
        }
    }
}
