using System.Net;
using System.Text;
using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests;

public sealed class StripeApiTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null, "You did not provide an API key.")]
    [InlineData("Bearer pk_test_0123456789", "Invalid API Key provided: pk_test****")]
    [InlineData("Basic !!", "You did not provide an API key.")]
    public async Task Without_a_secret_key_it_tells_nothing(string? authorization, string message)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/customers");
        if (authorization is not null) { request.Headers.TryAddWithoutValidation("Authorization", authorization); }

        using var answer = await sandbox.Http.SendAsync(request, Ct);

        var error = JsonElement.Parse(await answer.Content.ReadAsStringAsync(Ct)).GetProperty("error");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.StartsWith(message, error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("req_", Assert.Single(answer.Headers.GetValues("Request-Id")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_may_come_as_the_name_of_basic_authentication()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/customers");
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("sk_test_0123456789:")));
        request.Headers.Add("Stripe-Version", "2025-01-27.acacia");

        using var answer = await sandbox.Http.SendAsync(request, Ct);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("2025-01-27.acacia", Assert.Single(answer.Headers.GetValues("Stripe-Version")));
    }

    [Theory]
    [InlineData("GET", "prices/nope", 404, "resource_missing", "No such price: 'nope'", "price")]
    [InlineData("GET", "prices/price_credits_0", 404, "resource_missing", "No such price: 'price_credits_0'", "price")]
    [InlineData("GET", "prices/price_credits_007", 404, "resource_missing", "No such price: 'price_credits_007'", "price")]
    [InlineData("GET", "customers/cus_x", 404, "resource_missing", "No such customer: 'cus_x'", "id")]
    [InlineData("POST", "checkout/sessions?success_url=http://x", 400, "parameter_missing", "Missing required param: mode.", "mode")]
    [InlineData("POST", "checkout/sessions?success_url=nowhere&mode=payment", 400, "url_invalid", "Not a valid URL", "success_url")]
    [InlineData("POST", "checkout/sessions?mode=payment&success_url=http://x&line_items[0][price]=p&line_items[0][quantity]=1", 400,
        "resource_missing", "No such price: 'p'", "line_items[0][price]")]
    [InlineData("POST", "customers?nmae=x", 400, "parameter_unknown", "Received unknown parameter: nmae", "nmae")]
    [InlineData("POST", "payment_intents?amount=1x&currency=usd", 400, "parameter_invalid_integer", "Invalid integer: 1x", "amount")]
    [InlineData("POST", "payment_intents?amount=49&currency=usd", 400, "amount_too_small", "Amount must be at least $0.50 usd", "amount")]
    [InlineData("POST", "payment_intents?amount=100000000&currency=usd", 400, "amount_too_large",
        "Amount must be no more than $999,999.99", "amount")]
    [InlineData("POST", "payment_intents?amount=99999999999999999999&currency=usd", 400, "parameter_invalid_integer",
        "Invalid integer: 99999999999999999999", "amount")]
    public async Task It_refuses_in_the_words_of_Stripe(string method, string path, int status, string code, string message, string param)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);

        var answer = await new TestStripe(sandbox).SendAsync(new(method), path, null);

        Assert.Equal((status, "invalid_request_error", code, message, param), ((int)answer.Status, answer.ErrorText("type"),
            answer.ErrorText("code"), answer.ErrorText("message"), answer.ErrorText("param")));
    }

    [Fact]
    public async Task Every_pack_of_credits_has_a_price_and_the_subscription_another()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);

        var pack = await stripe.GetAsync("prices/price_credits_37");
        var monthly = await stripe.GetAsync("prices/price_subscription_5?expand[]=product");

        Assert.Equal((3700, "usd", "one_time"), (pack.Cents("unit_amount"), pack.Text("currency"), pack.Text("type")));
        Assert.Equal((500, "recurring"), (monthly.Cents("unit_amount"), monthly.Text("type")));
        Assert.Equal("month", monthly.Json.GetProperty("recurring").GetProperty("interval").GetString());
        Assert.Equal("product", monthly.Json.GetProperty("product").GetProperty("object").GetString());
    }

    [Fact]
    public async Task A_list_goes_on_where_it_stopped()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        List<string> made = [];
        for (var number = 0; number < 5; number++) { made.Insert(0, await stripe.CustomerAsync()); }

        var first = await stripe.GetAsync("customers?limit=2");
        var second = await stripe.GetAsync($"customers?limit=3&starting_after={first.Data[^1].GetProperty("id").GetString()}");
        var before = await stripe.GetAsync($"customers?limit=2&ending_before={made[3]}");
        var future = await stripe.GetAsync("customers?created[gte]=99999999999");

        Assert.Equal(made[..2], Ids(first));
        Assert.True(first.Json.GetProperty("has_more").GetBoolean());
        Assert.Equal(made[2..], Ids(second));
        Assert.False(second.Json.GetProperty("has_more").GetBoolean());
        Assert.Equal(made[1..3], Ids(before));
        Assert.Empty(future.Data);
        Assert.Equal(("list", "/v1/customers"), (future.Text("object"), future.Text("url")));
        Assert.Equal(HttpStatusCode.BadRequest, (await stripe.GetAsync("customers?limit=101")).Status);
    }

    [Fact]
    public async Task The_same_key_and_request_do_the_work_once()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);

        var first = await stripe.SendAsync(HttpMethod.Post, "customers", "k1", "email=a@b.c", "name=Ann");
        var again = await stripe.SendAsync(HttpMethod.Post, "customers", "k1", "name=Ann", "email=a@b.c");
        var other = await stripe.SendAsync(HttpMethod.Post, "customers", "k1", "email=other@b.c");

        Assert.Equal(first.Json.GetRawText(), again.Json.GetRawText());
        Assert.Equal("true", Assert.Single(again.Headers.GetValues("Idempotent-Replayed")));
        Assert.False(first.Headers.Contains("Idempotent-Replayed"));
        Assert.Equal((HttpStatusCode.BadRequest, "idempotency_error"), (other.Status, other.ErrorText("type")));
        Assert.Single((await stripe.GetAsync("customers")).Data);
    }

    [Fact]
    public async Task A_decline_is_replayed_but_a_mistake_frees_the_key()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        string[] declined = ["amount=500", "currency=usd", "payment_method=pm_card_chargeDeclined", "confirm=true"];

        var first = await stripe.SendAsync(HttpMethod.Post, "payment_intents", "k1", declined);
        var again = await stripe.SendAsync(HttpMethod.Post, "payment_intents", "k1", declined);
        var mistake = await stripe.SendAsync(HttpMethod.Post, "payment_intents", "k2", "amount=500");
        var mended = await stripe.SendAsync(HttpMethod.Post, "payment_intents", "k2", "amount=500", "currency=usd");

        Assert.Equal((HttpStatusCode.PaymentRequired, "card_error", "card_declined", "generic_decline"),
            (first.Status, first.ErrorText("type"), first.ErrorText("code"), first.ErrorText("decline_code")));
        Assert.Equal(first.Json.GetRawText(), again.Json.GetRawText());
        Assert.Equal(HttpStatusCode.BadRequest, mistake.Status);
        Assert.Equal(HttpStatusCode.OK, mended.Status);
        Assert.Equal(2, (await stripe.GetAsync("payment_intents")).Data.Length);
    }

    [Fact]
    public async Task A_second_request_while_the_first_is_under_way_is_a_conflict()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        await stripe.ControlAsync("api/settings", new { delay_ms = 500 });

        var first = stripe.SendAsync(HttpMethod.Post, "customers", "k1", "email=a@b.c");
        await Task.Delay(100, Ct);
        var second = await stripe.SendAsync(HttpMethod.Post, "customers", "k1", "email=a@b.c");

        Assert.Equal((HttpStatusCode.Conflict, "idempotency_key_in_use"), (second.Status, second.ErrorText("code")));
        Assert.Equal(HttpStatusCode.OK, (await first).Status);
        Assert.Single((await stripe.GetAsync("customers")).Data);
    }

    [Fact]
    public async Task Usage_counts_once_for_each_identifier()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var customer = await stripe.CustomerAsync();
        string[] usage = ["event_name=tokens", "identifier=i1", $"payload[stripe_customer_id]={customer}", "payload[value]=25"];

        var first = await stripe.PostAsync("billing/meter_events", usage);
        var again = await stripe.PostAsync("billing/meter_events", usage);

        Assert.Equal("billing.meter_event", first.Text("object"));
        Assert.Equal((HttpStatusCode.BadRequest, "identifier"), (again.Status, again.ErrorText("param")));
    }

    [Fact]
    public async Task It_forgets_the_oldest()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var stripe = new TestStripe(sandbox);
        var first = await stripe.CustomerAsync();
        for (var number = 0; number < 2000; number++) { await stripe.CustomerAsync(); }

        Assert.Equal(HttpStatusCode.NotFound, (await stripe.GetAsync($"customers/{first}")).Status);
    }

    private static string[] Ids(StripeAnswer list) => [.. list.Data.Select(each => each.GetProperty("id").GetString()!)];
}
