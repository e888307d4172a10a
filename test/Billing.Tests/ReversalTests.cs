using Wopr.Credits;
using Wopr.Kernel;
using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class ReversalTests : IAsyncLifetime
{
    private const string Completed = "checkout.session.completed";
    private const string Refunded = "charge.refunded";

    private TestBilling _billing = null!;

    public async ValueTask InitializeAsync() => _billing = await StartAsync();

    public ValueTask DisposeAsync() => _billing.DisposeAsync();

    [Fact]
    public async Task Of_partial_refunds_each_takes_only_what_is_new()
    {
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.ReceiveAsync(Refunded, Charge(300));
        Assert.Equal(700, await _billing.CentsAsync());
        await _billing.ReceiveAsync(Refunded, Charge(300));
        await _billing.ReceiveAsync(Refunded, Charge(800));
        Assert.Equal(200, await _billing.CentsAsync());
        // Told late.
        await _billing.ReceiveAsync(Refunded, Charge(500));
        Assert.Equal(200, await _billing.CentsAsync());
        await _billing.ReceiveAsync(Refunded, Charge(1000));
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Fact]
    public async Task A_refund_before_its_payment_is_remembered()
    {
        await _billing.ReceiveAsync(Refunded, Charge(400));
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("needs_response", cents: 100));
        Assert.Equal(0, await _billing.CountAsync($"select count(*) from credits.entry"));

        await _billing.ReceiveAsync(Completed, Session());
        Assert.Equal((500, 0), (await _billing.CentsAsync(), await _billing.OwedAsync()));
    }

    [Fact]
    public async Task A_payment_and_its_refund_at_one_moment_miss_each_other_never()
    {
        for (var round = 0; round < 20; round++)
        {
            var id = $"r{round}";
            await Task.WhenAll(
                _billing.ReceiveAsync(Refunded, Charge(1000, id)), _billing.ReceiveAsync(Completed, Session($"cs_{id}")));
        }
        Assert.Equal((0, 0), (await _billing.CentsAsync(), await _billing.OwedAsync()));
    }

    [Fact]
    public async Task A_refund_of_a_pack_takes_the_same_part_of_its_bonus()
    {
        await _billing.ReceiveAsync(Completed, Session(cents: 10_000));
        await _billing.ReceiveAsync(Refunded, Charge(5000, amount: 10_000));
        Assert.Equal(5500, await _billing.CentsAsync());
        await _billing.ReceiveAsync(Refunded, Charge(10_000, amount: 10_000));
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Fact]
    public void A_fraction_of_a_nano_dollar_stays_with_the_tenant()
    {
        Assert.Equal(new Money(3), Payment.ToTake(new Money(10), cents: 3, gone: 1));
        Assert.Equal(new Money(10), Payment.ToTake(new Money(10), cents: 3, gone: 3));
        Assert.Equal(new Money(10), Payment.ToTake(new Money(10), cents: 3, gone: 9));
        Assert.Equal(Money.FromCents(99_999_999), Payment.ToTake(Money.FromCents(99_999_999), 99_999_999, 99_999_999));
    }

    [Fact]
    public async Task What_was_spent_already_is_owed()
    {
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.Get<Ledger>().ChargeAsync(
            _billing.Db, new("t1", "use:1", EntryKind.Runtime, Money.FromCents(900), "A day"), Ct);
        await _billing.ReceiveAsync(Refunded, Charge(1000));
        Assert.Equal((0, 900), (await _billing.CentsAsync(), await _billing.OwedAsync()));

        await _billing.ReceiveAsync(Completed, Session("cs_2"));
        Assert.Equal((100, 0), (await _billing.CentsAsync(), await _billing.OwedAsync()));
    }

    [Fact]
    public async Task A_dispute_takes_at_once_and_gives_again_when_it_is_won()
    {
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("needs_response"));
        Assert.Equal(0, await _billing.CentsAsync());
        await _billing.ReceiveAsync("charge.dispute.funds_withdrawn", Dispute("needs_response"));
        await _billing.ReceiveAsync("charge.dispute.closed", Dispute("won"));
        await _billing.ReceiveAsync("charge.dispute.closed", Dispute("won"));
        Assert.Equal(1000, await _billing.CentsAsync());
        // Told late.
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("needs_response"));
        Assert.Equal(1000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task A_lost_dispute_takes_nothing_more_and_counts_even_when_only_its_end_is_told()
    {
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.ReceiveAsync("charge.dispute.closed", Dispute("lost"));
        Assert.Equal(0, await _billing.CentsAsync());
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("under_review"));
        await _billing.ReceiveAsync("charge.dispute.closed", Dispute("won"));
        Assert.Equal((0, 0), (await _billing.CentsAsync(), await _billing.OwedAsync()));
    }

    [Fact]
    public async Task An_inquiry_takes_nothing_until_it_becomes_a_dispute()
    {
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("warning_needs_response"));
        Assert.Equal(1000, await _billing.CentsAsync());
        await _billing.ReceiveAsync("charge.dispute.updated", Dispute("needs_response"));
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("warning_needs_response"));
        Assert.Equal(0, await _billing.CentsAsync());
    }

    [Fact]
    public async Task A_refund_and_a_dispute_together_never_take_more_than_was_paid()
    {
        await _billing.ReceiveAsync(Completed, Session("cs_0"));
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.ReceiveAsync(Refunded, Charge(600));
        await _billing.ReceiveAsync("charge.dispute.created", Dispute("needs_response"));
        Assert.Equal(1000, await _billing.CentsAsync());
        await _billing.ReceiveAsync("charge.dispute.closed", Dispute("won"));
        Assert.Equal(1400, await _billing.CentsAsync());
    }

    [Fact]
    public async Task The_refund_of_a_subscription_and_of_a_top_up_find_their_payments()
    {
        await _billing.ReceiveAsync("invoice.paid", Invoice());
        await _billing.ReceiveAsync("payment_intent.succeeded", TopUp());
        await _billing.ReceiveAsync(Refunded, Charge(500, "in_1", amount: 500));
        await _billing.ReceiveAsync(Refunded, new { id = "ch_9", amount_refunded = 1500, currency = "usd" });

        Assert.Equal(500, await _billing.CentsAsync());
    }

    [Theory]
    [InlineData(-5, "usd", "amount_invalid")]
    [InlineData(100, "eur", "foreign_currency")]
    public async Task A_refund_that_makes_no_sense_waits_for_an_operator(long cents, string currency, string reason)
    {
        await _billing.ReceiveAsync(Completed, Session());
        await _billing.ReceiveAsync(Refunded, new { id = "ch_1", amount_refunded = cents, currency, payment_intent = "pi_1" });

        Assert.Equal([reason], await _billing.QueueAsync());
        Assert.Equal(1000, await _billing.CentsAsync());
    }

    [Fact]
    public async Task A_refund_that_failed_waits_for_an_operator()
    {
        await _billing.ReceiveAsync("refund.failed", new { id = "re_1", status = "failed", amount = 5, currency = "usd" });

        Assert.Equal(["refund_failed"], await _billing.QueueAsync());
    }
}
