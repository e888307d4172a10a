namespace Wopr.Sandbox.Stripe;

/// <summary>
/// Stripe: the API under <c>/v1</c>, the pages people pay on, and signed webhooks. Point the SDK's host at the sandbox.
/// </summary>
internal static class StripeFake
{
    public static void MapStripe(this WebApplication app, SandboxOptions options)
    {
        var time = app.Services.GetRequiredService<TimeProvider>();
        var deliveries = app.Services.GetRequiredService<Deliveries>();
        // While one secret replaces another, the first one named is the one in use.
        var secret = options.StripeWebhookSecret?.Split(',')[0].Trim();
        foreach (var url in options.StripeWebhooks) { deliveries.Add("setting", url, secret!, ["*"]); }

        var account = new Account(time, deliveries);
        var api = new StripeApi(account, time);
        var ledger = new Ledger(account);
        var catalog = new Catalog(account);
        var methods = new Methods(account);
        var disputes = new Disputes(account, ledger);
        var payments = new Payments(account, methods, ledger, disputes);
        var refunds = new Refunds(account, ledger);
        var invoices = new Invoices(account, payments, methods);
        var customers = new Customers(account, methods);
        var subscriptions = new Subscriptions(account, catalog, invoices, methods);
        var setups = new SetupIntents(account, methods);
        var checkout = new Checkout(account, catalog, options.StripeCheckoutHost.ToString().TrimEnd('/'));
        var purchase = new Purchase(account, customers, methods, payments, invoices, subscriptions, setups);
        var portal = new Portal(account);
        var endpoints = new Endpoints(account);
        var meters = new Meters(account);
        var triggers = new Triggers(
            account, customers, catalog, methods, checkout, purchase, payments, refunds, disputes, subscriptions);

        var v1 = app.MapGroup("/v1");
        MapThings(v1, api, account);

        api.Map(v1, "POST", "/customers", call => customers.Create(call.Form));
        api.Map(v1, "POST", "/customers/{id}", call => customers.Update(call.Id, call.Form));
        api.Map(v1, "GET", "/customers/{id}/payment_methods", call => customers.MethodsOf(call.Id, call.Form));
        api.Map(v1, "POST", "/products", call => catalog.CreateProduct(call.Form));
        api.Map(v1, "GET", "/products/{id}", call => catalog.NeedProduct(call.Id));
        api.Map(v1, "POST", "/prices", call => catalog.CreatePrice(call.Form));
        api.Map(v1, "GET", "/prices/{id}", call => catalog.NeedPrice(call.Id));

        api.Map(v1, "POST", "/checkout/sessions", call =>
        {
            checkout.Sweep();
            var session = checkout.Create(call.Form);
            purchase.Remember(session, call.Form);
            return session;
        });
        api.Map(v1, "POST", "/checkout/sessions/{id}/expire", call => checkout.Expire(call.Id));
        api.Map(v1, "GET", "/checkout/sessions/{id}/line_items", call => checkout.LineItems(call.Id, call.Form));
        api.Map(v1, "POST", "/billing_portal/sessions", call => portal.Create(call.Form));

        api.Map(v1, "POST", "/subscriptions/{id}", call => subscriptions.Update(call.Id, call.Form));
        api.Map(v1, "DELETE", "/subscriptions/{id}", call => subscriptions.Cancel(call.Id, call.Form));
        api.Map(v1, "POST", "/payment_methods", call => methods.Create(call.Form));
        api.Map(v1, "GET", "/payment_methods", call => methods.List(call.Form));
        api.Map(v1, "POST", "/payment_methods/{id}/detach", call => methods.Detach(call.Id));
        api.Map(v1, "POST", "/payment_methods/{id}/attach", call =>
        {
            call.Form.Only("customer").Need("customer");
            return methods.Attach(call.Id, account.Named(Kind.Customer, call.Form, "customer")!, "payment_method");
        });
        api.Map(v1, "POST", "/payment_intents", call => payments.Create(call.Form));
        api.Map(v1, "POST", "/payment_intents/{id}/confirm", call => payments.Confirm(call.Id, call.Form));
        api.Map(v1, "POST", "/payment_intents/{id}/cancel", call => payments.Cancel(call.Id, call.Form));
        api.Map(v1, "POST", "/setup_intents", call => setups.Create(call.Form));
        api.Map(v1, "POST", "/refunds", call => refunds.Create(call.Form));
        api.Map(v1, "POST", "/disputes/{id}/close", call => disputes.Close(call.Id));
        api.Map(v1, "GET", "/balance", call => ledger.Balance(call.Form));
        api.Map(v1, "POST", "/billing/meter_events", call => meters.Create(call.Form));
        api.Map(v1, "POST", "/webhook_endpoints", call => endpoints.Create(call.Form));
        api.Map(v1, "DELETE", "/webhook_endpoints/{id}", call => endpoints.Delete(call.Id));
        v1.Map("/{**rest}", api.UnknownAsync);

        new CheckoutPage(account, purchase, checkout).Map(app);
        new PortalPage(account, portal, methods, subscriptions).Map(app);
        new InvoicePages(account).Map(app);
        new Controls(account, api, triggers, methods, disputes, checkout).Map(app);
    }

    // What can be listed, by which fields, and read one by one.
    private static void MapThings(IEndpointRouteBuilder v1, StripeApi api, Account account)
    {
        (string Path, Kind Kind, string[] Filters)[] listed =
        [
            ("/customers", Kind.Customer, ["email"]),
            ("/products", Kind.Product, ["active"]),
            ("/prices", Kind.Price, ["product", "currency", "type", "active", "lookup_key"]),
            ("/checkout/sessions", Kind.Session, ["customer", "payment_intent", "subscription", "status"]),
            ("/subscriptions", Kind.Subscription, ["customer", "status"]),
            ("/payment_intents", Kind.Intent, ["customer"]),
            ("/charges", Kind.Charge, ["customer", "payment_intent"]),
            ("/refunds", Kind.Refund, ["charge", "payment_intent"]),
            ("/disputes", Kind.Dispute, ["charge", "payment_intent"]),
            ("/invoices", Kind.Invoice, ["customer", "subscription", "status", "collection_method"]),
            ("/events", Kind.Event, ["type"]),
            ("/balance_transactions", Kind.Movement, ["source", "type", "currency"]),
            ("/webhook_endpoints", Kind.Endpoint, []),
        ];
        foreach (var (path, kind, filters) in listed)
        {
            api.Map(v1, "GET", path, call => account.List(kind, $"/v1{path}", call.Form, filters));
        }
        (string Path, Kind Kind)[] read =
        [
            ("/customers", Kind.Customer), ("/checkout/sessions", Kind.Session), ("/subscriptions", Kind.Subscription),
            ("/payment_methods", Kind.Method), ("/payment_intents", Kind.Intent), ("/setup_intents", Kind.SetupIntent),
            ("/charges", Kind.Charge), ("/refunds", Kind.Refund), ("/disputes", Kind.Dispute), ("/invoices", Kind.Invoice),
            ("/events", Kind.Event), ("/balance_transactions", Kind.Movement), ("/webhook_endpoints", Kind.Endpoint),
        ];
        foreach (var (path, kind) in read) { api.Map(v1, "GET", $"{path}/{{id}}", call => account.Need(kind, call.Id)); }
    }
}
