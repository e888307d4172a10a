using System.Text.Json.Nodes;
using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class PaymentTests : IAsyncLifetime
{
    private const string Completed = "checkout.session.completed";

    private TestBilling _billing = null!;

    public async ValueTask InitializeAsync() => _billing = await StartAsync();

    public ValueTask DisposeAsync() => _billing.DisposeAsync();

    [Fact]
    public async Task A_paid_checkout_credits_its_tenant_and_remembers_the_customer()
    {
        var answer = await _billing.ReceiveAsync(Completed, Session());

        Assert.Equal(new(true, "t1", 10_000_000_000, Completed), answer);
        Assert.Equal(1000, await _billing.CentsAsync());
        Assert.Equal(1, await _billing.CountAsync($"""
            select count(*) from billing.tenant_customers
            where tenant = 't1' and processor_customer_id = 'cus_1' and processor = 'stripe' and tier = 'free'
              and billing_hold = 0 and inference_mode = 'byok' and created_at > 1000000000000
            """));
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(2500, 2550)]
    [InlineData(10_000, 11_000)]
    [InlineData(5000, 5000)] // Has a bonus, but is not on sale here.
    [InlineData(3000, 3000)]
    [InlineData(1, 1)]
    public async Task A_pack_on_sale_brings_its_bonus_and_any_other_amount_itself(long paid, long credited)
    {
        await _billing.ReceiveAsync(Completed, Session(cents: paid));

        Assert.Equal(credited, await _billing.CentsAsync());
    }

    [Fact]
    public async Task The_tenant_may_stand_in_the_metadata_and_the_customer_be_missing_or_whole()
    {
        var session = Session(tenant: null, customer: null);
        session["metadata"] = new JsonObject { ["wopr_tenant"] = "t1" };
        Assert.True((await _billing.ReceiveAsync(Completed, session)).Handled);
        var whole = Session("cs_2");
        whole["customer"] = new JsonObject { ["id"] = "cus_7" };
        Assert.True((await _billing.ReceiveAsync(Completed, whole)).Handled);

        Assert.Equal(2000, await _billing.CentsAsync());
        Assert.Equal(1, await _billing.CountAsync($"select count(*) from billing.tenant_customers where processor_customer_id = 'cus_7'"));
    }

    [Fact]
    public async Task The_same_event_again_changes_nothing()
    {
        await _billing.ReceiveAsync(Completed, Session(), "evt_same");

        Assert.Equal(new(true, null, null, Completed, Duplicate: true), await _billing.ReceiveAsync(Completed, Session(), "evt_same"));
        Assert.Equal(1000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task Another_event_of_the_same_session_credits_nothing()
    {
        await _billing.ReceiveAsync(Completed, Session());

        Assert.Equal(new(true, "t1", 0, Completed), await _billing.ReceiveAsync(Completed, Session()));
        Assert.Equal(1000, await _billing.CentsAsync());
        Assert.Empty(await _billing.QueueAsync());
    }

    [Fact]
    public async Task Different_events_of_one_payment_at_one_moment_credit_once()
    {
        for (var round = 0; round < 5; round++)
        {
            var session = $"cs_race{round}";
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => _billing.ReceiveAsync(Completed, Session(session))));
        }
        Assert.Equal(5000, await _billing.CentsAsync());
    }

    [Theory]
    [InlineData("unpaid")]
    [InlineData(null)]
    public async Task What_is_not_paid_is_not_credited_until_it_is(string? status)
    {
        var session = Session();
        session["payment_status"] = status;
        Assert.Equal(0, (await _billing.ReceiveAsync(Completed, session)).Credited);
        Assert.Equal(0, await _billing.CentsAsync());

        await _billing.ReceiveAsync("checkout.session.async_payment_failed", session);
        await _billing.ReceiveAsync("checkout.session.expired", session);
        Assert.Equal(0, await _billing.CentsAsync());

        await _billing.ReceiveAsync("checkout.session.async_payment_succeeded", Session());
        Assert.Equal(1000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task A_free_checkout_credits_nothing_and_still_binds_the_customer()
    {
        var session = Session(cents: 0);
        session["payment_status"] = "no_payment_required";

        Assert.Equal(new(true, "t1", 0, Completed), await _billing.ReceiveAsync(Completed, session));
        Assert.Equal("cus_1", await _billing.Get<TenantCustomers>().FindAsync("t1", Ct));
    }

    [Theory]
    [InlineData("jpy")]
    [InlineData("USD")]
    [InlineData(null)]
    public async Task Other_currencies_wait_for_an_operator(string? currency)
    {
        var session = Session();
        session["currency"] = currency;

        Assert.False((await _billing.ReceiveAsync(Completed, session)).Handled);
        Assert.Equal(["foreign_currency"], await _billing.QueueAsync());
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-1000)]
    [InlineData(100_000_000)]
    [InlineData(long.MaxValue)]
    [InlineData(12.5)]
    [InlineData(1e30)]
    [InlineData("1000")]
    public async Task An_amount_that_is_none_waits_for_an_operator(object amount)
    {
        Assert.False((await _billing.ReceiveAsync(Completed, Session(cents: amount))).Handled);
        Assert.Equal(["amount_invalid"], await _billing.QueueAsync());
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Fact]
    public async Task Without_a_tenant_or_with_one_that_is_not_there_it_waits_for_an_operator()
    {
        Assert.Equal(new(false, null, null, Completed), await _billing.ReceiveAsync(Completed, Session(tenant: null)));
        Assert.Equal(new(false, null, null, Completed), await _billing.ReceiveAsync(Completed, Session(tenant: "nobody")));

        Assert.Equal(["no_reference", "unknown_tenant"], await _billing.QueueAsync());
        Assert.Equal(0, await _billing.CountAsync($"select count(*) from credits.entry"));
    }

    [Fact]
    public async Task A_customer_of_another_tenant_waits_for_an_operator()
    {
        await _billing.ReceiveAsync(Completed, Session());
        Assert.False((await _billing.ReceiveAsync(Completed, Session("cs_2", tenant: "t2"))).Handled);

        Assert.Equal(["customer_of_another_tenant"], await _billing.QueueAsync());
        Assert.Equal(0, await _billing.CentsAsync("t2"));
    }

    [Fact]
    public async Task The_same_session_with_another_amount_or_tenant_waits_for_an_operator()
    {
        await _billing.ReceiveAsync(Completed, Session(customer: null));
        await _billing.ReceiveAsync(Completed, Session(cents: 9000, customer: null));
        await _billing.ReceiveAsync(Completed, Session(tenant: "t2", customer: null));

        Assert.Equal(["amount_mismatch", "credited_to_another_tenant"], await _billing.QueueAsync());
        Assert.Equal((1000, 0), (await _billing.CentsAsync(), await _billing.CentsAsync("t2")));
    }

    [Fact]
    public async Task With_a_live_key_an_event_of_the_test_mode_is_no_money()
    {
        await using var live = await StartAsync(new StripeOptions { SecretKey = "sk_live_of-no-account" });

        Assert.False((await live.ReceiveAsync(Completed, Session())).Handled);
        Assert.True((await live.ReceiveAsync(Completed, Session("cs_2"), live: true)).Handled);

        Assert.Equal(["test_mode"], await live.QueueAsync());
        Assert.Equal(1000, await live.CentsAsync());
    }

    [Fact]
    public async Task Each_paid_invoice_of_the_subscription_grants_its_month_once()
    {
        await _billing.ReceiveAsync("invoice.paid", Invoice());
        await _billing.ReceiveAsync("invoice.paid", Invoice());
        await _billing.ReceiveAsync("invoice.paid", Invoice("in_2"));
        await _billing.ReceiveAsync("invoice.paid", Invoice("in_3", cents: 0));

        Assert.Equal(1000, await _billing.CentsAsync());
        Assert.Empty(await _billing.QueueAsync());
    }

    [Fact]
    public async Task The_session_that_starts_a_subscription_credits_nothing_itself()
    {
        var session = Session(cents: 500);
        session["mode"] = "subscription";
        await _billing.ReceiveAsync(Completed, session);
        Assert.Equal(0, await _billing.CentsAsync());

        // From then on its invoices are known by the customer.
        await _billing.ReceiveAsync("invoice.paid", Invoice(tenant: null));
        Assert.Equal(500, await _billing.CentsAsync());
    }

    [Fact]
    public async Task An_invoice_of_another_amount_or_of_nothing_waits_for_an_operator()
    {
        await _billing.ReceiveAsync("invoice.paid", Invoice(cents: 700));
        await _billing.ReceiveAsync("invoice.paid", new { id = "in_5", status = "paid", amount_paid = 500, currency = "usd" });
        await _billing.ReceiveAsync("invoice.paid", Invoice("in_6", tenant: null));

        Assert.Equal(["amount_mismatch", "not_a_subscription", "no_reference"], await _billing.QueueAsync());
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Fact]
    public async Task The_invoice_of_a_pack_is_only_a_receipt()
    {
        await _billing.ReceiveAsync("invoice.paid", new
        {
            id = "in_7",
            status = "paid",
            amount_paid = 1000,
            currency = "usd",
            metadata = new { wopr_tenant = "t1", wopr_purchase_type = "credits" },
        });

        Assert.Equal(0, await _billing.CentsAsync());
        Assert.Empty(await _billing.QueueAsync());
    }

    [Fact]
    public async Task An_automatic_top_up_credits_once_and_tells_how_it_ended()
    {
        await _billing.ReceiveAsync("payment_intent.succeeded", TopUp());
        await _billing.ReceiveAsync("payment_intent.succeeded", TopUp());
        await _billing.ReceiveAsync("payment_intent.payment_failed", new
        {
            id = "pi_8",
            metadata = new { wopr_tenant = "t1", wopr_source = "auto_topup" },
            last_payment_error = new { code = "card_declined", decline_code = "insufficient_funds" },
        });

        Assert.Equal(2000, await _billing.CentsAsync());
        Assert.Equal(["false insufficient_funds", "true", "true"], (await _billing.Db.QueryAsync(
            $"select body::json->>'succeeded', coalesce(body::json->>'declineCode', '') from kernel.outbox where topic = 'billing.top_up_outcome'",
            row => $"{row.GetString(0)} {row.GetString(1)}".Trim(), Ct)).Order());
    }

    [Fact]
    public async Task A_top_up_that_brought_less_waits_for_an_operator()
    {
        await _billing.ReceiveAsync("payment_intent.succeeded", TopUp(received: 100));

        Assert.Equal(["amount_mismatch"], await _billing.QueueAsync());
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Of_a_checkout_and_its_payment_only_one_credits(bool sessionFirst)
    {
        // As if Stripe's own pages had made the payment, without our marks on it.
        var intent = new { id = "pi_1", amount = 1000, currency = "usd", status = "succeeded", metadata = new { wopr_tenant = "t1" } };
        if (sessionFirst) { await _billing.ReceiveAsync(Completed, Session()); }
        await _billing.ReceiveAsync("payment_intent.succeeded", intent);
        if (!sessionFirst) { await _billing.ReceiveAsync(Completed, Session()); }

        Assert.Equal(1000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task The_payment_of_a_checkout_of_ours_is_left_to_its_session()
    {
        var answer = await _billing.ReceiveAsync("payment_intent.succeeded", new
        {
            id = "pi_1",
            amount = 2500,
            currency = "usd",
            status = "succeeded",
            metadata = new { wopr_tenant = "t1", wopr_purchase_type = "credits" },
        });

        Assert.False(answer.Handled);
        await _billing.ReceiveAsync(Completed, Session(cents: 2500));
        Assert.Equal(2550, await _billing.CentsAsync());
    }

    [Fact]
    public async Task Unknown_kinds_are_kept_and_acknowledged()
    {
        Assert.Equal(new(false, null, null, "payout.paid"), await _billing.ReceiveAsync("payout.paid", new { id = "po_1" }));
        Assert.Equal(1, await _billing.CountAsync($"select count(*) from billing.stripe_event where type = 'payout.paid'"));
        Assert.Empty(await _billing.QueueAsync());
    }

    [Fact]
    public async Task Odd_characters_in_an_event_do_not_break_it()
    {
        var session = Session();
        session["customer_details"] = new JsonObject { ["name"] = "a\0b" };
        session["client_reference_id"] = "t1\0";
        session["metadata"] = new JsonObject { ["wopr_tenant"] = "t1" };

        Assert.Equal("t1", (await _billing.ReceiveAsync(Completed, session)).Tenant);
    }
}
