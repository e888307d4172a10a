using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class SubscriptionTests : IAsyncLifetime
{
    private TestBilling _billing = null!;

    public async ValueTask InitializeAsync() => _billing = await StartAsync();

    public ValueTask DisposeAsync() => _billing.DisposeAsync();

    [Fact]
    public async Task What_Stripe_said_last_counts_in_whatever_order_it_is_told()
    {
        (string Type, string Status, long At, long PeriodEnd)[] events =
        [
            ("created", "incomplete", 100, 1000), ("updated", "active", 100, 1000), ("updated", "past_due", 200, 2000), ("updated", "active", 300, 2000),
        ];
        for (var seed = 0; seed < 24; seed++)
        {
            await _billing.Db.ExecuteAsync($"delete from billing.subscription", Ct);
            var shuffled = events.ToArray();
            new Random(seed).Shuffle(shuffled);
            foreach (var (type, status, at, end) in shuffled) { await SayAsync(type, status, at, end); }
            Assert.Equal("active 300", await StateAsync());
            await SayAsync("deleted", "canceled", 300, 2000);
            await SayAsync("updated", "active", 400, 3000);
            Assert.Equal("canceled 300", await StateAsync());
        }
    }

    [Fact]
    public async Task Within_one_second_the_later_period_and_the_further_state_count()
    {
        await SayAsync("updated", "active", 100, 2000);
        await SayAsync("updated", "past_due", 100, 1000);
        await SayAsync("created", "incomplete", 100, 2000);

        Assert.Equal("active 100", await StateAsync());
    }

    [Fact]
    public async Task A_subscription_of_nobody_waits_for_an_operator()
    {
        await _billing.ReceiveAsync("customer.subscription.created", new { id = "sub_9", status = "active" });
        await _billing.ReceiveAsync("customer.subscription.created",
            new { id = "sub_9", status = "active", metadata = new { wopr_tenant = "nobody" } });

        Assert.Equal(["no_reference", "unknown_tenant"], await _billing.QueueAsync());
    }

    [Fact]
    public async Task A_failed_month_credits_nothing_and_is_told()
    {
        await _billing.ReceiveAsync("invoice.payment_failed", Invoice());

        Assert.Equal(0, await _billing.CentsAsync());
        Assert.Equal(1, await _billing.CountAsync($"select count(*) from kernel.outbox where topic = 'billing.subscription_payment_failed'"));
    }

    private Task<WebhookAnswer> SayAsync(string type, string status, long at, long periodEnd) => _billing.ReceiveAsync($"customer.subscription.{type}", new
    {
        id = "sub_1",
        status,
        customer = "cus_1",
        current_period_end = periodEnd,
        metadata = new { wopr_tenant = "t1" },
    }, created: at);

    private Task<string?> StateAsync() => _billing.Db.ValueAsync<string>(
        $"select status || ' ' || extract(epoch from event_at)::bigint from billing.subscription where id = 'sub_1'", Ct);
}
