using Wopr.Audit;
using Wopr.Kernel;
using static Wopr.Billing.Tests.RecordedStripe;
using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class OperatorTests
{
    private const string Completed = "checkout.session.completed";

    private static readonly Actor s_admin = new(ActorKind.Token, "admin") { IsPlatformAdmin = true };

    [Fact]
    public async Task An_event_without_a_tenant_is_assigned_once_and_on_the_record()
    {
        await using var billing = await StartAsync();
        await billing.ReceiveAsync(Completed, Session(tenant: null), "evt_lost");
        var events = billing.Get<UnprocessedEvents>();
        var row = Assert.Single(await events.ListAsync(Paging<long>.Parse(null, null).Value!, Ct));
        Assert.Equal(("evt_lost", Completed, "cs_1", "no_reference", 1000, "usd"),
            (row.Id, row.Type, row.ObjectId, row.Reason, row.Cents, row.Currency));

        Assert.Equal("billing.event_not_applicable", (await events.RetryAsync(s_admin, "evt_lost", Ct)).Problem?.Code);
        Assert.Equal("billing.event_not_applicable", (await events.AssignAsync(s_admin, "evt_lost", "nobody", Ct)).Problem?.Code);
        Assert.Null((await events.AssignAsync(s_admin, "evt_lost", "t2", Ct)).Problem);
        Assert.Equal("billing.no_such_event", (await events.AssignAsync(s_admin, "evt_lost", "t2", Ct)).Problem?.Code);

        Assert.Equal((0, 1000), (await billing.CentsAsync(), await billing.CentsAsync("t2")));
        Assert.Empty(await billing.QueueAsync());
        Assert.Equal(1, await AuditedAsync(billing, "billing.event_assigned"));
    }

    [Fact]
    public async Task Two_operators_at_one_moment_assign_once()
    {
        await using var billing = await StartAsync();
        await billing.ReceiveAsync(Completed, Session(tenant: null), "evt_lost");

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 6).Select(index =>
            billing.Get<UnprocessedEvents>().AssignAsync(s_admin, "evt_lost", index % 2 == 0 ? "t1" : "t2", Ct)));

        Assert.Single(outcomes, outcome => outcome.Problem is null);
        Assert.Equal(1000, await billing.CentsAsync() + await billing.CentsAsync("t2"));
    }

    [Fact]
    public async Task An_event_whose_tenant_came_later_is_retried()
    {
        await using var billing = await StartAsync();
        await billing.ReceiveAsync(Completed, Session(tenant: "t3"), "evt_early");
        await billing.AddTenantAsync("t3");

        Assert.Null((await billing.Get<UnprocessedEvents>().RetryAsync(s_admin, "evt_early", Ct)).Problem);
        Assert.Equal(1000, await billing.CentsAsync("t3"));
        Assert.Equal(1, await AuditedAsync(billing, "billing.event_retried"));
    }

    [Fact]
    public async Task A_payment_with_a_strange_customer_is_assigned_without_moving_the_customer()
    {
        await using var billing = await StartAsync();
        await billing.ReceiveAsync(Completed, Session());
        await billing.ReceiveAsync(Completed, Session("cs_2", tenant: "t2"), "evt_2");

        Assert.Null((await billing.Get<UnprocessedEvents>().AssignAsync(s_admin, "evt_2", "t2", Ct)).Problem);
        Assert.Equal(1000, await billing.CentsAsync("t2"));
        Assert.Equal("cus_1", await billing.Get<TenantCustomers>().FindAsync("t1", Ct));
    }

    [Fact]
    public async Task A_dismissed_event_is_gone_and_on_the_record()
    {
        await using var billing = await StartAsync();
        await billing.ReceiveAsync(Completed, Session(tenant: null), "evt_lost");

        Assert.Null((await billing.Get<UnprocessedEvents>().DismissAsync(s_admin, "evt_lost", "refunded by hand", Ct)).Problem);
        Assert.NotNull((await billing.Get<UnprocessedEvents>().RetryAsync(s_admin, "evt_lost", Ct)).Problem);
        Assert.Equal(1, await AuditedAsync(billing, "billing.event_dismissed"));
    }

    [Fact]
    public async Task A_refund_asked_twice_is_one_and_the_credits_go_when_Stripe_says_so()
    {
        using var stripe = new RecordedStripe(call => Json($$"""{"id":"re_1","status":"succeeded","amount":{{call.Form["amount"]}}}"""));
        await using var billing = await StartAsync(stripe: stripe);
        var refunds = new PaymentRefunds(billing.Db, billing.Get<StripeClient>(), new AuditLog());
        await billing.ReceiveAsync(Completed, Session());

        Assert.Equal(new RefundView("re_1", "succeeded", 300), (await refunds.RefundAsync(s_admin, new("t1", "cs_1", "asked", 300), Ct)).Value);
        await refunds.RefundAsync(s_admin, new("t1", "cs_1", "asked", 300), Ct);
        Assert.Equal(stripe.Calls[0].Key, stripe.Calls[1].Key);
        Assert.Equal(("pi_1", "300"), (stripe.Calls[0].Form["payment_intent"], stripe.Calls[0].Form["amount"]));
        Assert.Equal(1000, await billing.CentsAsync());

        await billing.ReceiveAsync("charge.refunded", Charge(300));
        Assert.Equal(700, await billing.CentsAsync());
        await refunds.RefundAsync(s_admin, new("t1", "cs_1", "asked again", 300), Ct);
        Assert.NotEqual(stripe.Calls[0].Key, stripe.Calls[2].Key);
        await refunds.RefundAsync(s_admin, new("t1", "cs_1", "all"), Ct);
        Assert.Equal("700", stripe.Calls[3].Form["amount"]);
        Assert.Equal((4, 4), (await AuditedAsync(billing, "billing.refund_asked"), await AuditedAsync(billing, "billing.refunded")));
    }

    [Theory]
    [InlineData("t1", "cs_1", "", null, "billing.bad_refund")]
    [InlineData("t1", "cs_1", "x", 0L, "billing.bad_refund")]
    [InlineData("t1", "cs_1", "x", -5L, "billing.bad_refund")]
    [InlineData("t1", "cs_1", "x", 1001L, "billing.refund_too_large")]
    [InlineData("t1", "cs_1", "x", long.MaxValue, "billing.refund_too_large")]
    [InlineData("t2", "cs_1", "x", null, "billing.no_such_payment")]
    [InlineData("t1", "cs_9", "x", null, "billing.no_such_payment")]
    public async Task A_refund_that_cannot_be_is_refused_before_Stripe_hears_of_it(
        string tenant, string reference, string reason, long? cents, string code)
    {
        using var stripe = new RecordedStripe(_ => Json("""{"id":"re_1"}"""));
        await using var billing = await StartAsync(stripe: stripe);
        await billing.ReceiveAsync(Completed, Session());

        var refunds = new PaymentRefunds(billing.Db, billing.Get<StripeClient>(), new AuditLog());
        Assert.Equal(code, (await refunds.RefundAsync(s_admin, new(tenant, reference, reason, cents), Ct)).Problem?.Code);
        Assert.Empty(stripe.Calls);
    }

    [Fact]
    public async Task A_refund_that_Stripe_refuses_is_on_the_record()
    {
        using var stripe = new RecordedStripe(_ => Error(400, """{"type":"invalid_request_error","code":"charge_already_refunded"}"""));
        await using var billing = await StartAsync(stripe: stripe);
        await billing.ReceiveAsync(Completed, Session());

        var refunds = new PaymentRefunds(billing.Db, billing.Get<StripeClient>(), new AuditLog());
        Assert.Equal("stripe.refused", (await refunds.RefundAsync(s_admin, new("t1", "cs_1", "x"), Ct)).Problem?.Code);
        Assert.Equal((1, 1), (await AuditedAsync(billing, "billing.refund_asked"), await AuditedAsync(billing, "billing.refund_failed")));
    }

    private static Task<long> AuditedAsync(TestBilling billing, string action) =>
        billing.CountAsync($"select count(*) from audit.event where action = {action}");
}
