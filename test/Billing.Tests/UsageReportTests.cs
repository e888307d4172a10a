using Wopr.Credits;
using static Wopr.Billing.Tests.RecordedStripe;
using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class UsageReportTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 10, 6, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Each_day_that_ended_is_written_down_once_and_told_nobody_without_a_meter()
    {
        using var stripe = new RecordedStripe(_ => Json("{}"));
        await using var billing = await StartAsync(stripe: stripe);
        await FillAsync(billing);

        await Job(billing, meter: null).RunAsync(Ct);
        await Job(billing, meter: null).RunAsync(Ct);

        Assert.Equal(["t1 2026-03-08 7000000000 not_reported", "t1 2026-03-09 5000000000 not_reported"], await RowsAsync(billing));
        Assert.Empty(stripe.Calls);
    }

    [Fact]
    public async Task Stripe_is_told_each_day_under_one_name_until_it_heard()
    {
        var silent = true;
        using var stripe = new RecordedStripe(_ => silent ? Error(500, "{}", ("Stripe-Should-Retry", "false")) : Json("{}"));
        await using var billing = await StartAsync(stripe: stripe);
        await FillAsync(billing);

        await Job(billing, "used").RunAsync(Ct);
        Assert.Contains("t1 2026-03-08 7000000000 pending", await RowsAsync(billing));
        silent = false;
        await Job(billing, "used").RunAsync(Ct);
        await Job(billing, "used").RunAsync(Ct);

        Assert.Equal(["t1 2026-03-08 7000000000 reported", "t1 2026-03-09 5000000000 reported"], await RowsAsync(billing));
        Assert.Equal(["t1-2026-03-08", "t1-2026-03-08", "t1-2026-03-09"], stripe.Calls.Select(call => call.Form["identifier"]));
        Assert.Equal(("used", "cus_1", "700"), (stripe.Calls[1].Form["event_name"], stripe.Calls[1].Form["payload[stripe_customer_id]"],
            stripe.Calls[1].Form["payload[value]"]));
    }

    [Fact]
    public async Task What_Stripe_refuses_stays_with_the_reason()
    {
        using var stripe = new RecordedStripe(_ => Error(400, """{"code":"archived_meter"}"""));
        await using var billing = await StartAsync(stripe: stripe);
        await FillAsync(billing);

        await Job(billing, "used").RunAsync(Ct);

        Assert.Equal(2, await billing.CountAsync(
            $"select count(*) from billing.stripe_usage_reports where status = 'refused' and reason like '%archived_meter%'"));
    }

    private static UsageReporting Job(TestBilling billing, string? meter) => new(
        billing.Db, billing.Get<StripeClient>(), new UsageReports(billing.Db, new FixedTime()), new FixedTime(), new() { MeterEventName = meter });

    private static async Task FillAsync(TestBilling billing)
    {
        await billing.Get<TenantCustomers>().BindAsync(billing.Db, "t1", "cus_1", Ct);
        foreach (var (tenant, day, nanos) in new[]
        {
            ("t1", 8, 7_000_000_000), ("t1", 9, 5_000_000_000), ("t1", 10, 3_000_000_000), ("t1", 7, 0), ("t2", 9, 9_000_000_000),
        })
        {
            await billing.Db.ExecuteAsync($"""
                insert into credits.usage_day
                values ({tenant}, {new DateOnly(2026, 3, day)}, 'chat', 'p', 'm', null, 1, 0, 0, 0, 0, {nanos}, {nanos})
                """, Ct);
        }
    }

    private static Task<List<string>> RowsAsync(TestBilling billing) => billing.Db.QueryAsync($"""
        select tenant_id || ' ' || day || ' ' || charged_nanos || ' ' || status from billing.stripe_usage_reports order by tenant_id, day
        """, row => row.GetString(0), Ct);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => s_now;
    }
}
