using System.Net;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests;

public sealed class StripeMoneyTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Paying_on_the_page_makes_amounts_that_agree()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var made = await stripe.SessionAsync("price_credits_30", "payment", "client_reference_id=tenant-1", "metadata[wopr_tenant]=tenant-1",
            "customer_creation=always", "payment_intent_data[metadata][a]=b", "payment_intent_data[setup_future_usage]=off_session");
        var id = made.Text("id");

        var page = await sandbox.Http.GetStringAsync($"/c/pay/{id}", Ct);
        using var paid = await stripe.PressAsync(id, "pay");

        Assert.StartsWith("https://checkout.stripe.com/c/pay/cs_test_", made.Text("url"), StringComparison.Ordinal);
        Assert.Contains("30.00 USD", page, StringComparison.Ordinal);
        Assert.Equal($"http://localhost:3000/paid?s={id}", paid.Headers.Location!.ToString());
        var session = await stripe.GetAsync($"checkout/sessions/{id}?expand[]=payment_intent.latest_charge.balance_transaction&expand[]=line_items");
        Assert.Equal(("complete", "paid", 3000, "tenant-1"), (session.Text("status"), session.Text("payment_status"),
            session.Cents("amount_total"), session.Text("client_reference_id")));
        Assert.Equal(3000, session.Json.GetProperty("line_items").GetProperty("data")[0].GetProperty("amount_total").GetInt64());
        var intent = session.Json.GetProperty("payment_intent");
        var charge = intent.GetProperty("latest_charge");
        Assert.Equal((3000, 3000, 3000, "b"), (intent.GetProperty("amount_received").GetInt64(), charge.GetProperty("amount_captured").GetInt64(),
            charge.GetProperty("balance_transaction").GetProperty("amount").GetInt64(),
            intent.GetProperty("metadata").GetProperty("a").GetString()));
        Assert.Single((await stripe.GetAsync($"customers/{session.Text("customer")}/payment_methods")).Data);
        using var twice = await stripe.PressAsync(id, "pay");
        Assert.Contains("is complete", await twice.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Single((await stripe.GetAsync("charges")).Data);
        await BalanceAgreesAsync(stripe);
    }

    [Fact]
    public async Task A_declined_card_leaves_the_checkout_open_for_another()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var id = (await stripe.SessionAsync("price_credits_5", "payment")).Text("id");

        using var declined = await stripe.PressAsync(id, "decline");
        Assert.Contains("Your card was declined.", await declined.Content.ReadAsStringAsync(Ct), StringComparison.Ordinal);
        Assert.Equal("open", (await stripe.GetAsync($"checkout/sessions/{id}")).Text("status"));
        using var paid = await stripe.PressAsync(id, "pay");

        Assert.Equal(HttpStatusCode.Redirect, paid.StatusCode);
        Assert.Equal(["failed", "succeeded"], (await stripe.GetAsync("charges")).Data.Reverse().Select(charge => charge.GetProperty("status").GetString()));
        Assert.Single((await stripe.GetAsync("payment_intents")).Data);
        await BalanceAgreesAsync(stripe);
    }

    [Fact]
    public async Task A_checkout_can_be_left_and_expired()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var id = (await stripe.SessionAsync("price_credits_5", "payment")).Text("id");

        using var left = await stripe.PressAsync(id, "leave");
        var index = await sandbox.Http.GetStringAsync("/stripe", Ct);
        var expired = await stripe.PostAsync($"checkout/sessions/{id}/expire");
        var again = await stripe.PostAsync($"checkout/sessions/{id}/expire");

        Assert.Equal(TestStripe.Cancel, left.Headers.Location!.ToString());
        Assert.Contains($"/c/pay/{id}", index, StringComparison.Ordinal);
        Assert.Equal("expired", expired.Text("status"));
        Assert.Equal(HttpStatusCode.BadRequest, again.Status);
        Assert.Contains("checkout.session.expired", await stripe.EventTypesAsync());
    }

    [Fact]
    public async Task A_subscription_is_billed_each_month_until_it_ends()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var customer = await stripe.CustomerAsync();
        var id = (await stripe.SessionAsync("price_subscription_5", "subscription", $"customer={customer}", "subscription_data[metadata][t]=1")).Text("id");
        using var paid = await stripe.PressAsync(id, "pay");
        var session = await stripe.GetAsync($"checkout/sessions/{id}?expand[]=subscription.latest_invoice");
        var subscription = session.Json.GetProperty("subscription");
        var sub = subscription.GetProperty("id").GetString();

        await stripe.ControlAsync("trigger", new { @event = "invoice.paid", add = (string[])[$"invoice:customer={customer}"] });
        var renewed = await stripe.GetAsync($"subscriptions/{sub}");
        await stripe.ControlAsync("trigger", new { @event = "invoice.payment_failed", add = (string[])[$"invoice:customer={customer}"] });
        var late = await stripe.GetAsync($"subscriptions/{sub}");
        await stripe.PostAsync($"subscriptions/{sub}", "cancel_at_period_end=true");
        var ended = await stripe.SendAsync(HttpMethod.Delete, $"subscriptions/{sub}", null);

        Assert.Equal(("active", "1", 500), (subscription.GetProperty("status").GetString(),
            subscription.GetProperty("metadata").GetProperty("t").GetString(),
            subscription.GetProperty("latest_invoice").GetProperty("amount_paid").GetInt64()));
        Assert.Equal(subscription.GetProperty("current_period_end").GetInt64(), renewed.Cents("current_period_start"));
        Assert.Equal(("past_due", "canceled"), (late.Text("status"), ended.Text("status")));
        var invoices = (await stripe.GetAsync($"invoices?customer={customer}")).Data;
        Assert.Equal(["open", "paid", "paid"], invoices.Select(invoice => invoice.GetProperty("status").GetString()));
        Assert.Contains("5.00 USD", await sandbox.Http.GetStringAsync(invoices[0].GetProperty("hosted_invoice_url").GetString(), Ct), StringComparison.Ordinal);
        Assert.StartsWith("%PDF-", await sandbox.Http.GetStringAsync(invoices[0].GetProperty("invoice_pdf").GetString(), Ct), StringComparison.Ordinal);
        await BalanceAgreesAsync(stripe);
    }

    [Theory]
    [InlineData("pm_card_chargeCustomerFail", 500, "card_declined")]
    [InlineData("pm_card_authenticationRequired", 500, "authentication_required")]
    [InlineData("pm_card_visa", 400_002, "card_declined")]
    public async Task Cards_and_amounts_fail_as_they_are_known_to(string card, long cents, string code)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);

        var answer = await stripe.PayAsync(await stripe.CustomerAsync(), cents, card);

        Assert.Equal((HttpStatusCode.PaymentRequired, code, "requires_payment_method"), (answer.Status, answer.ErrorText("code"),
            answer.Error.GetProperty("payment_intent").GetProperty("status").GetString()));
        Assert.Equal(["customer.created", "payment_intent.created", "charge.failed", "payment_intent.payment_failed"], await stripe.EventTypesAsync());
        await BalanceAgreesAsync(stripe);
    }

    [Fact]
    public async Task A_customer_can_be_made_unable_to_pay()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var customer = await stripe.CustomerAsync();

        await stripe.ControlAsync($"customers/{customer}/decline", new { code = "insufficient_funds" });
        var refused = await stripe.PayAsync(customer, 500);
        await stripe.ControlAsync($"customers/{customer}/decline", new { });
        var paid = await stripe.PayAsync(customer, 500);

        Assert.Equal("insufficient_funds", refused.ErrorText("decline_code"));
        Assert.Equal("succeeded", paid.Text("status"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Refunds_never_exceed_the_charge_whatever_is_asked(int seed)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var random = new Random(seed);
        var amount = random.NextInt64(50, 100_000);
        var charge = (await stripe.PayAsync(await stripe.CustomerAsync(), amount)).Text("latest_charge");
        var given = 0L;

        // Five at once each round, so that they race.
        for (var round = 0; round < 8; round++)
        {
            var asked = Enumerable.Range(0, 5).Select(_ => random.NextInt64(-10, amount)).ToArray();
            var answers = await Task.WhenAll(asked.Select(cents => stripe.PostAsync("refunds", $"charge={charge}", $"amount={cents}")));
            foreach (var (answer, cents) in answers.Zip(asked))
            {
                if (answer.Status != HttpStatusCode.OK) { Assert.Equal("invalid_request_error", answer.ErrorText("type")); continue; }
                Assert.Equal(cents, answer.Cents("amount"));
                given += cents;
            }
            var now = await stripe.GetAsync($"charges/{charge}");
            Assert.InRange(given, 0, amount);
            Assert.Equal((given, given == amount), (now.Cents("amount_refunded"), now.Json.GetProperty("refunded").GetBoolean()));
        }
        await stripe.PostAsync("refunds", $"charge={charge}");
        var over = await stripe.PostAsync("refunds", $"charge={charge}");

        Assert.Equal("charge_already_refunded", over.ErrorText("code"));
        Assert.Equal(amount, (await stripe.GetAsync($"refunds?charge={charge}&limit=100")).Data.Sum(refund => refund.GetProperty("amount").GetInt64()));
        await BalanceAgreesAsync(stripe);
    }

    [Theory]
    [InlineData("won")]
    [InlineData("lost")]
    public async Task A_dispute_takes_the_money_and_gives_it_back_when_won(string status)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var charge = (await stripe.PayAsync(await stripe.CustomerAsync(), 2001)).Text("latest_charge");
        var before = await BalanceAgreesAsync(stripe);

        var dispute = await stripe.ControlAsync($"charges/{charge}/dispute", new { reason = "fraudulent" });
        var during = await BalanceAgreesAsync(stripe);
        var refund = await stripe.PostAsync("refunds", $"charge={charge}");
        await stripe.ControlAsync($"disputes/{dispute.GetProperty("id").GetString()}/close", new { status });

        Assert.Equal(before - 2001 - 1500, during);
        Assert.Equal("charge_disputed", refund.ErrorText("code"));
        Assert.Equal(status == "won" ? before : during, await BalanceAgreesAsync(stripe));
        Assert.Equal(status, (await stripe.GetAsync($"disputes?charge={charge}")).Data[0].GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_portal_changes_the_card_and_ends_the_subscription()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var customer = await stripe.CustomerAsync();
        using var paid = await stripe.PressAsync(
            (await stripe.SessionAsync("price_subscription_5", "subscription", $"customer={customer}")).Text("id"), "pay");
        var url = (await stripe.PostAsync("billing_portal/sessions", $"customer={customer}", "return_url=http://localhost:3000/billing")).Text("url");

        var page = await sandbox.Http.GetStringAsync(url, Ct);
        using var card = await sandbox.Http.PostAsync(url, new FormUrlEncodedContent([new("press", "card"), new("card", "pm_card_amex")]), Ct);
        using var cancel = await sandbox.Http.PostAsync(url, new FormUrlEncodedContent([new("press", "cancel")]), Ct);

        Assert.Contains("http://localhost:3000/billing", page, StringComparison.Ordinal);
        Assert.Contains("renews on", page, StringComparison.Ordinal);
        Assert.Contains("/stripe/invoices/in_", page, StringComparison.Ordinal);
        Assert.Contains("amex …8431", await sandbox.Http.GetStringAsync(url, Ct), StringComparison.Ordinal);
        Assert.True((await stripe.GetAsync("subscriptions")).Data[0].GetProperty("cancel_at_period_end").GetBoolean());
    }

    [Fact]
    public async Task Every_event_that_can_be_triggered_happens()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);

        foreach (var type in Stripe.Triggers.Events)
        {
            var told = await stripe.ControlAsync("trigger", new { @event = type });
            Assert.Equal(type, (await stripe.GetAsync($"events/{told.GetProperty("id").GetString()}")).Text("type"));
        }
        await BalanceAgreesAsync(stripe);
    }

    [Fact]
    public async Task The_trigger_of_the_runbook_pays_thirty_dollars_for_the_tenant()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var customer = await stripe.CustomerAsync();

        var told = await stripe.ControlAsync("trigger", new
        {
            @event = "checkout.session.completed",
            add = (string[])["checkout_session:client_reference_id=t1", "checkout_session:metadata[wopr_tenant]=t1", $"checkout_session:customer={customer}"],
        });

        var session = (await stripe.GetAsync($"events/{told.GetProperty("id").GetString()}")).Json.GetProperty("data").GetProperty("object");
        Assert.Equal(("t1", "t1", customer, 3000, "paid"), (session.GetProperty("client_reference_id").GetString(),
            session.GetProperty("metadata").GetProperty("wopr_tenant").GetString(), session.GetProperty("customer").GetString(),
            session.GetProperty("amount_total").GetInt64(), session.GetProperty("payment_status").GetString()));
    }

    /// <summary>The balance is the sum of its movements, and of what charges, refunds and disputes say.</summary>
    private static async Task<long> BalanceAgreesAsync(TestStripe stripe)
    {
        static long Sum(StripeAnswer list, string name) => list.Data.Sum(each => each.GetProperty(name).GetInt64());
        var balance = (await stripe.GetAsync("balance")).Json.GetProperty("available")[0].GetProperty("amount").GetInt64();
        var movements = await stripe.GetAsync("balance_transactions?limit=100");
        Assert.Equal(balance, Sum(movements, "net"));
        var charges = await stripe.GetAsync("charges?limit=100");
        var captured = Sum(charges, "amount_captured");
        Assert.Equal(captured, Sum(await stripe.GetAsync("payment_intents?limit=100"), "amount_received"));
        Assert.Equal(Sum(charges, "amount_refunded"), Sum(await stripe.GetAsync("refunds?limit=100"), "amount"));
        var disputed = (await stripe.GetAsync("disputes?limit=100")).Data
            .SelectMany(dispute => dispute.GetProperty("balance_transactions").EnumerateArray()).Sum(each => each.GetProperty("amount").GetInt64());
        Assert.Equal(captured - Sum(charges, "amount_refunded") + disputed, Sum(movements, "amount"));
        return balance;
    }
}
