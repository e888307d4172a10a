using Microsoft.Extensions.Options;
using Wopr.Auth;
using Wopr.Kernel;
using static Wopr.Billing.Tests.RecordedStripe;
using static Wopr.Billing.Tests.TestBilling;

namespace Wopr.Billing.Tests;

public sealed class CheckoutTests
{
    private const string Ours = "http://localhost:3000/dashboard";

    private static readonly Actor s_payer = new(ActorKind.User, "t1") { TenantId = "t1", UserId = "t1", Role = Role.Owner };

    [Fact]
    public async Task A_pack_is_a_single_payment_that_says_whose_it_is_everywhere()
    {
        using var stripe = new RecordedStripe(_ => Json("""{"id":"cs_test_1","url":"https://checkout.stripe.com/c/pay/cs_test_1"}"""));
        await using var billing = await StartAsync(stripe: stripe);

        var outcome = await Checkout(billing).StartAsync(s_payer, new("price_25", Ours, $"{Ours}?no=1"), Ct);

        Assert.Equal(new CheckoutView("https://checkout.stripe.com/c/pay/cs_test_1", "cs_test_1"), outcome.Value);
        var form = Assert.Single(stripe.Calls).Form;
        Assert.Equal(("payment", "price_25", "1", "t1", "always", Ours, $"{Ours}?no=1"), (form["mode"], form["line_items[0][price]"],
            form["line_items[0][quantity]"], form["client_reference_id"], form["customer_creation"], form["success_url"], form["cancel_url"]));
        Assert.Equal(("t1", "credits", "t1", "credits"), (form["metadata[wopr_tenant]"], form["metadata[wopr_purchase_type]"],
            form["payment_intent_data[metadata][wopr_tenant]"], form["payment_intent_data[metadata][wopr_purchase_type]"]));
        Assert.Equal("credits", form["invoice_creation[invoice_data][metadata][wopr_purchase_type]"]);
        Assert.DoesNotContain("customer", form.Keys);
    }

    [Fact]
    public async Task The_subscription_is_a_subscription()
    {
        using var stripe = new RecordedStripe(_ => Json("""{"id":"cs_test_1","url":"https://checkout.stripe.com/c/pay/cs_test_1"}"""));
        await using var billing = await StartAsync(stripe: stripe);

        Assert.NotNull((await Checkout(billing).StartAsync(s_payer, new("price_monthly", Ours, Ours), Ct)).Value);

        var form = Assert.Single(stripe.Calls).Form;
        Assert.Equal(("subscription", "t1"), (form["mode"], form["subscription_data[metadata][wopr_tenant]"]));
        Assert.DoesNotContain("customer_creation", form.Keys);
        Assert.DoesNotContain("payment_intent_data[metadata][wopr_tenant]", form.Keys);
    }

    [Fact]
    public async Task A_known_customer_pays_as_such_and_one_that_Stripe_lost_is_made_anew()
    {
        using var stripe = new RecordedStripe(call => call.Form.ContainsKey("customer")
            ? Error(400, """{"code":"resource_missing","param":"customer"}""")
            : Json("""{"id":"cs_test_2","url":"https://checkout.stripe.com/c/pay/cs_test_2"}"""));
        await using var billing = await StartAsync(stripe: stripe);
        await billing.Get<TenantCustomers>().BindAsync(billing.Db, "t1", "cus_1", Ct);

        Assert.Equal("cs_test_2", (await Checkout(billing).StartAsync(s_payer, new("price_10", Ours, Ours), Ct)).Value?.SessionId);
        Assert.Equal("cus_1", stripe.Calls[0].Form["customer"]);
        Assert.Equal("always", stripe.Calls[1].Form["customer_creation"]);
        Assert.Null(await billing.Get<TenantCustomers>().FindAsync("t1", Ct));
    }

    [Theory]
    [InlineData("price_unknown", Ours, Ours, "billing.unknown_price")]
    [InlineData("", Ours, Ours, "billing.unknown_price")]
    [InlineData("price_10", "https://evil.example/dashboard", Ours, "billing.foreign_url")]
    [InlineData("price_10", Ours, "https://evil.example/", "billing.foreign_url")]
    [InlineData("price_10", "http://localhost:3000@evil.example/", Ours, "billing.foreign_url")]
    [InlineData("price_10", "http://localhost:3000.evil.example/", Ours, "billing.foreign_url")]
    [InlineData("price_10", "//evil.example", Ours, "billing.foreign_url")]
    [InlineData("price_10", "/dashboard", Ours, "billing.foreign_url")]
    [InlineData("price_10", "javascript:alert(1)", Ours, "billing.foreign_url")]
    [InlineData("price_10", "http://localhost:3000\\@evil.example", Ours, "billing.foreign_url")]
    [InlineData("price_10", "", Ours, "billing.foreign_url")]
    public async Task An_unknown_price_and_a_foreign_address_are_refused_before_Stripe_hears_of_them(
        string price, string success, string cancel, string code)
    {
        using var stripe = new RecordedStripe(_ => Json("""{"id":"cs_1","url":"https://checkout.stripe.com/"}"""));
        await using var billing = await StartAsync(stripe: stripe);

        Assert.Equal(code, (await Checkout(billing).StartAsync(s_payer, new(price, success, cancel), Ct)).Problem?.Code);
        Assert.Empty(stripe.Calls);
    }

    [Fact]
    public async Task Nobody_pays_or_looks_for_another_tenant()
    {
        using var stripe = new RecordedStripe(_ => Json("{}"));
        await using var billing = await StartAsync(stripe: stripe);

        Assert.Equal(Problems.ForeignTenant, (await Checkout(billing).StartAsync(s_payer, new("price_10", Ours, Ours, "t2"), Ct)).Problem);
        Assert.Equal(Problems.ForeignTenant, (await Checkout(billing).PortalAsync(s_payer, new(Ours, "t2"), Ct)).Problem);
        Assert.Equal("billing.foreign_url", (await Checkout(billing).PortalAsync(s_payer, new("https://evil.example/"), Ct)).Problem?.Code);
        Assert.Empty(stripe.Calls);
    }

    [Fact]
    public async Task The_portal_makes_a_customer_once_with_one_key()
    {
        using var stripe = new RecordedStripe(call => Json(call.Path == "/v1/customers"
            ? """{"id":"cus_new"}""" : """{"id":"bps_1","url":"https://billing.stripe.com/p/1"}"""));
        await using var billing = await StartAsync(stripe: stripe);

        Assert.Equal("https://billing.stripe.com/p/1", (await Checkout(billing).PortalAsync(s_payer, new(Ours), Ct)).Value?.Url);
        await Checkout(billing).PortalAsync(s_payer, new(Ours), Ct);

        Assert.Equal(["/v1/customers", "/v1/billing_portal/sessions", "/v1/billing_portal/sessions"], stripe.Calls.Select(call => call.Path));
        Assert.Equal(("t1", "t1@example.com"), (stripe.Calls[0].Form["metadata[wopr_tenant]"], stripe.Calls[0].Form["email"]));
        Assert.Equal("cus_new", stripe.Calls[1].Form["customer"]);
    }

    [Fact]
    public async Task Invoices_and_cards_are_those_of_the_tenants_own_customer()
    {
        using var stripe = new RecordedStripe(call => call.Path switch
        {
            "/v1/customers/cus_1" => Json("""{"id":"cus_1","email":"pay@example.com","invoice_settings":{"default_payment_method":"pm_2"}}"""),
            "/v1/payment_methods" => Json("""{"data":[{"id":"pm_1","card":{"brand":"visa","last4":"4242","exp_month":4,"exp_year":2030}},{"id":"pm_2","card":{}}]}"""),
            _ => Json("""{"data":[{"id":"in_1","number":"A-1","status":"paid","amount_due":500,"amount_paid":500,"currency":"usd","created":5,"hosted_invoice_url":"https://i","invoice_pdf":"https://p"}]}"""),
        });
        await using var billing = await StartAsync(stripe: stripe);
        var invoices = new Invoices(billing.Db, billing.Get<StripeClient>(), billing.Get<TenantCustomers>(), new TenantDirectory());
        Assert.Empty((await invoices.ListAsync(s_payer, Ct)).Value!.Invoices);
        Assert.Empty(stripe.Calls);
        await billing.Get<TenantCustomers>().BindAsync(billing.Db, "t1", "cus_1", Ct);

        Assert.Equal(new InvoiceView("in_1", "A-1", "paid", 500, "usd", DateTimeOffset.FromUnixTimeSeconds(5), "https://i", "https://p"),
            Assert.Single((await invoices.ListAsync(s_payer, Ct)).Value!.Invoices));
        Assert.Equal("cus_1", stripe.Calls[0].Form["customer"]);
        var contact = (await invoices.ContactAsync(s_payer, Ct)).Value!;
        Assert.Equal("pay@example.com", contact.Email);
        Assert.Equal([new("pm_1", "visa", "4242", 4, 2030, false), new("pm_2", "", "", 0, 0, true)], contact.PaymentMethods);
    }

    [Fact]
    public async Task What_is_on_sale_is_what_is_configured()
    {
        await using var billing = await StartAsync();
        var prices = billing.Get<CreditPrices>();

        Assert.Equal([new("price_10", "$10", 1000, 1000, 0), new("price_25", "$25", 2500, 2550, 2), new("price_100", "$100", 10_000, 11_000, 10)],
            CreditOption.All(prices));
        Assert.Equal([null, "price_monthly"], PlanView.All(prices).Select(plan => plan.PriceId));
    }

    private static CreditCheckout Checkout(TestBilling billing) => new(
        billing.Db, billing.Get<StripeClient>(), billing.Get<CreditPrices>(), billing.Get<TenantCustomers>(),
        new TrustedUrls(Options.Create(new AuthOptions { UiOrigins = ["http://localhost:3000"], BaseUrl = new("http://localhost:3100") })),
        TimeProvider.System);
}
