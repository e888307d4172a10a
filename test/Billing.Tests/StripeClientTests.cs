using Microsoft.Extensions.Logging.Abstractions;
using static Wopr.Billing.Tests.RecordedStripe;

namespace Wopr.Billing.Tests;

public sealed class StripeClientTests
{
    private const string Key = "sk_test_verysecret";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_carries_the_key_the_version_and_nested_fields()
    {
        using var stripe = new RecordedStripe(_ => Json("""{"id":"pi_1","status":"succeeded","amount":500,"currency":"usd","new_field":{}}"""));

        var outcome = await Client(stripe).ChargeSavedCardAsync(
            "cus_1", "pm_1", 500, new Dictionary<string, string> { ["wopr_tenant"] = "t 1&x" }, "topup-1", Ct);

        Assert.Equal(new PaymentIntent("pi_1", "succeeded", 500, "usd"), outcome.Value);
        var call = Assert.Single(stripe.Calls);
        Assert.Equal(("POST", "/v1/payment_intents", "topup-1", $"Bearer {Key}", StripeHttp.Version),
            (call.Method, call.Path, call.Key, call.Authorization, call.Version));
        Assert.Equal(("500", "usd", "true", "true", "t 1&x"), (call.Form["amount"], call.Form["currency"],
            call.Form["off_session"], call.Form["confirm"], call.Form["metadata[wopr_tenant]"]));
    }

    [Theory]
    [InlineData(500, "{}", null, 3)]
    [InlineData(503, "{}", null, 3)]
    [InlineData(429, """{"code":"rate_limit"}""", null, 3)]
    [InlineData(409, """{"code":"lock_timeout"}""", null, 3)]
    [InlineData(409, """{"code":"idempotency_key_in_use"}""", null, 1)]
    [InlineData(409, """{"code":"idempotency_key_in_use"}""", "true", 3)]
    [InlineData(500, "{}", "false", 1)]
    [InlineData(400, """{"code":"parameter_missing"}""", null, 1)]
    [InlineData(402, """{"type":"card_error"}""", null, 1)]
    [InlineData(0, "", null, 3)]
    public async Task It_is_tried_again_by_Stripes_rules_with_the_same_key(int status, string error, string? shouldRetry, int tries)
    {
        using var stripe = new RecordedStripe(_ => status == 0
            ? throw new HttpRequestException("The network is gone.")
            : shouldRetry is null ? Error(status, error) : Error(status, error, ("Stripe-Should-Retry", shouldRetry)));

        var outcome = await Client(stripe).RefundAsync("pi_1", 100, new Dictionary<string, string>(), "refund-1", Ct);

        Assert.NotNull(outcome.Problem);
        Assert.Equal(tries, stripe.Calls.Count);
        Assert.All(stripe.Calls, call => Assert.Equal("refund-1", call.Key));
    }

    [Fact]
    public async Task The_answer_of_the_second_try_counts()
    {
        var tries = 0;
        using var stripe = new RecordedStripe(_ => ++tries == 1 ? Error(500, "{}") : Json("""{"id":"re_1","amount":100}"""));

        Assert.Equal("re_1", (await Client(stripe).RefundAsync("pi_1", 100, new Dictionary<string, string>(), "k", Ct)).Value?.Id);
    }

    [Theory]
    [InlineData(401, """{"message":"Invalid API Key provided: sk_test_verysecret"}""", "stripe.key_refused")]
    [InlineData(402, """{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds","message":"sk_test_verysecret"}""", "stripe.card_declined")]
    [InlineData(404, """{"code":"resource_missing","param":"customer","message":"sk_test_verysecret"}""", "stripe.no_such_object")]
    [InlineData(400, """{"type":"invalid_request_error","code":"Sk_test_verysecret","message":"sk_test_verysecret"}""", "stripe.refused")]
    [InlineData(500, """{"message":"sk_test_verysecret"}""", "stripe.unavailable")]
    public async Task A_refusal_says_what_to_do_and_never_tells_the_key(int status, string error, string code)
    {
        using var stripe = new RecordedStripe(_ => Error(status, error));

        var problem = (await Client(stripe).PriceAsync("price_1", Ct)).Problem;

        Assert.Equal(code, problem?.Code);
        Assert.DoesNotContain("verysecret", problem!.Detail, StringComparison.Ordinal);
        Assert.EndsWith(".", problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("""{"id":5}""")]
    public async Task An_answer_that_is_none_is_said_to_be_unreadable(string body)
    {
        using var stripe = new RecordedStripe(_ => Json(body));

        Assert.Equal("stripe.unreadable", (await Client(stripe).PriceAsync("price_1", Ct)).Problem?.Code);
    }

    [Fact]
    public async Task A_list_is_read_to_its_end()
    {
        using var stripe = new RecordedStripe(call => call.Form.ContainsKey("starting_after")
            ? Json("""{"data":[{"id":"ch_3"}],"has_more":false}""")
            : Json("""{"data":[{"id":"ch_1"},{"id":"ch_2"}],"has_more":true}"""));

        var all = (await Client(stripe).ChargesAsync(
            DateTimeOffset.FromUnixTimeSeconds(100), DateTimeOffset.FromUnixTimeSeconds(200), Ct)).Value!;

        Assert.Equal(["ch_1", "ch_2", "ch_3"], all.Select(charge => charge.Id));
        Assert.Equal(("100", "200", "ch_2"),
            (stripe.Calls[1].Form["created[gte]"], stripe.Calls[1].Form["created[lt]"], stripe.Calls[1].Form["starting_after"]));
    }

    [Fact]
    public async Task A_caller_that_leaves_stops_the_tries()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        using var stripe = new RecordedStripe(_ =>
        {
            leaving.Cancel();
            return Error(500, "{}");
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Client(stripe).PriceAsync("price_1", leaving.Token));
        Assert.Single(stripe.Calls);
    }

    private static StripeClient Client(HttpMessageHandler stripe) => new(new StripeHttp(
        new("http://stripe.test"), Key, stripe, TimeProvider.System, NullLogger<StripeHttp>.Instance));
}
