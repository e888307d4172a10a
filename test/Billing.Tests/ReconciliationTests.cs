using static Wopr.Billing.Tests.RecordedStripe;
using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class ReconciliationTests
{
    private const string Completed = "checkout.session.completed";

    private static readonly DateTimeOffset s_from = DateTimeOffset.UnixEpoch;
    private static readonly DateTimeOffset s_to = DateTimeOffset.FromUnixTimeSeconds(9_000_000_000);

    [Fact]
    public async Task When_both_sides_agree_there_is_nothing_to_say()
    {
        using var stripe = new RecordedStripe(Stripe);
        await using var billing = await StartAsync(stripe: stripe);
        await FillAsync(billing);

        var comparison = await CompareAsync(billing);

        Assert.Empty(comparison.Differences);
        Assert.Equal((4, 1), (comparison.Payments, comparison.Refunds));
    }

    [Fact]
    public async Task Each_difference_is_named()
    {
        using var stripe = new RecordedStripe(Stripe);
        await using var billing = await StartAsync(stripe: stripe);
        await billing.ReceiveAsync(Completed, Session(tenant: null));
        await billing.ReceiveAsync(Completed, Session("cs_2", cents: 2000, customer: null));
        await billing.ReceiveAsync(Completed, Session("cs_gone", customer: null));
        await billing.ReceiveAsync("payment_intent.succeeded", TopUp());
        await billing.ReceiveAsync("charge.refunded", Charge(250));
        await billing.ReceiveAsync("charge.refunded", Charge(1, "unseen"));

        var comparison = await CompareAsync(billing);

        Assert.Equal(
        [
            new(DifferenceKind.OnlyInStripe, "in_1", 500, null),
            new(DifferenceKind.OnlyHere, "cs_gone", null, 1000),
            new(DifferenceKind.OtherAmount, "ch_1", 300, 250),
            new(DifferenceKind.OtherAmount, "cs_2", 1000, 2000),
            new(DifferenceKind.WaitsForOperator, "cs_1", 1000, null),
            new(DifferenceKind.PaymentUnknown, "ch_1", 250, null),
            new(DifferenceKind.PaymentUnknown, "ch_unseen", 1, null),
        ], comparison.Differences.OrderBy(difference => difference.Kind).ThenBy(difference => difference.Reference, StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_session_that_was_made_before_the_window_is_looked_up()
    {
        using var stripe = new RecordedStripe(call => call.Path == "/v1/checkout/sessions/cs_old"
            ? Json("""{"id":"cs_old","mode":"payment","payment_status":"paid","currency":"usd","amount_total":1000,"client_reference_id":"t1"}""")
            : Stripe(call));
        await using var billing = await StartAsync(stripe: stripe);
        await FillAsync(billing);
        await billing.ReceiveAsync(Completed, Session("cs_old"));

        Assert.Empty((await CompareAsync(billing)).Differences);
    }

    [Fact]
    public async Task While_Stripe_is_silent_nothing_is_claimed()
    {
        using var stripe = new RecordedStripe(call => call.Path == "/v1/refunds" ? Error(401, "{}") : Stripe(call));
        await using var billing = await StartAsync(stripe: stripe);

        Assert.Equal("stripe.key_refused",
            (await new StripeReconciliation(billing.Db, billing.Get<StripeClient>()).CompareAsync(s_from, s_to, Ct)).Problem?.Code);
    }

    private static async Task FillAsync(TestBilling billing)
    {
        await billing.ReceiveAsync(Completed, Session());
        await billing.ReceiveAsync(Completed, Session("cs_2"));
        await billing.ReceiveAsync("invoice.paid", Invoice());
        await billing.ReceiveAsync("payment_intent.succeeded", TopUp());
        await billing.ReceiveAsync("charge.refunded", Charge(300));
    }

    private static async Task<StripeComparison> CompareAsync(TestBilling billing) =>
        (await new StripeReconciliation(billing.Db, billing.Get<StripeClient>()).CompareAsync(s_from, s_to, Ct)).Value!;

    private static HttpResponseMessage Stripe(StripeCall call) => call.Path switch
    {
        "/v1/checkout/sessions" => Json("""
            {"data":[
                {"id":"cs_1","mode":"payment","payment_status":"paid","currency":"usd","amount_total":1000,"client_reference_id":"t1"},
                {"id":"cs_2","mode":"payment","payment_status":"paid","currency":"usd","amount_total":1000,"client_reference_id":"t1"},
                {"id":"cs_3","mode":"payment","payment_status":"unpaid","currency":"usd","amount_total":1000,"client_reference_id":"t1"},
                {"id":"cs_4","mode":"subscription","payment_status":"paid","currency":"usd","amount_total":500,"client_reference_id":"t1"}]}
            """),
        "/v1/invoices" => Json("""
            {"data":[
                {"id":"in_1","status":"paid","currency":"usd","amount_paid":500,"subscription":"sub_1"},
                {"id":"in_2","status":"paid","currency":"usd","amount_paid":1000},
                {"id":"in_3","status":"open","currency":"usd","amount_paid":0,"subscription":"sub_1"}]}
            """),
        "/v1/payment_intents" => Json("""
            {"data":[
                {"id":"pi_9","status":"succeeded","currency":"usd","amount":2000,"metadata":{"wopr_source":"auto_topup"}},
                {"id":"pi_1","status":"succeeded","currency":"usd","amount":1000,"metadata":{}}]}
            """),
        "/v1/refunds" => Json("""{"data":[{"id":"re_1","charge":"ch_1","currency":"usd","amount":100},{"id":"re_2","charge":"ch_1","currency":"usd","amount":200}]}"""),
        "/v1/charges/ch_1" => Json("""{"id":"ch_1","amount":1000,"amount_refunded":300,"currency":"usd"}"""),
        _ => Error(404, """{"code":"resource_missing"}"""),
    };
}
