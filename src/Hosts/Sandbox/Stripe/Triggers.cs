using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>What <c>./wopr sandbox stripe trigger</c> asks for; <c>add</c> and <c>override</c> are <c>resource:field=value</c>.</summary>
internal sealed record TriggerRequest(
    string Event, string[]? Add = null, string[]? Override = null, int Duplicate = 0);

internal sealed record TriggerAnswer(string Event, string Id, string[] Fixtures, string? Url);

/// <summary>Makes an event happen the way the Stripe CLI does: by doing what leads to it, with fields laid over.</summary>
internal sealed class Triggers(
    Account account, Customers customers, Catalog catalog, Methods methods, Checkout checkout, Purchase purchase, Payments payments,
    Refunds refunds, Disputes disputes, Subscriptions subscriptions)
{
    public static readonly string[] Events =
    [
        "charge.dispute.closed", "charge.dispute.created", "charge.failed", "charge.refunded", "charge.succeeded",
        "checkout.session.async_payment_failed", "checkout.session.async_payment_succeeded", "checkout.session.completed",
        "checkout.session.expired", "customer.created", "customer.subscription.created", "customer.subscription.deleted",
        "customer.subscription.updated", "customer.updated", "invoice.paid", "invoice.payment_failed", "invoice.payment_succeeded",
        "payment_intent.created", "payment_intent.payment_failed", "payment_intent.succeeded",
    ];

    public TriggerAnswer Run(TriggerRequest request)
    {
        if (!Events.Contains(request.Event))
        {
            throw StripeRefusal.Invalid(
                $"The event {request.Event} is not one that can be triggered. These are: {string.Join(", ", Events)}.");
        }
        var fixtures = new Fixtures([.. request.Add ?? [], .. request.Override ?? []]);
        var seen = account.NewestFirst(Kind.Event).FirstOrDefault()?.Id();
        var session = Happen(request.Event, fixtures);
        fixtures.CheckAllUsed();
        var told = account.NewestFirst(Kind.Event).TakeWhile(told => told.Id() != seen)
            .FirstOrDefault(told => told.Text("type") == request.Event)
            ?? throw StripeRefusal.State($"That did not lead to {request.Event}.");
        for (var copy = 0; copy < request.Duplicate; copy++) { account.Deliveries.Send(told); }
        return new(request.Event, told.Id(), [.. fixtures.Used], session?.Text("url"));
    }

    private JsonObject? Happen(string type, Fixtures fixtures)
    {
        switch (type.Split('.')[0])
        {
            case "checkout": return Session(type, fixtures);
            case "customer" when type is "customer.created" or "customer.updated":
                var customer = customers.Create(fixtures.Of("customer", ("description", "(created by wopr sandbox stripe)")));
                if (type is "customer.updated")
                {
                    customers.Update(customer.Id(), fixtures.Of("customer_update", ("name", "Updated")));
                }
                return null;
            case "customer": Subscription(type, fixtures); return null;
            case "invoice": Invoice(type, fixtures); return null;
            case "payment_intent": Intent(type, fixtures); return null;
            default: Charge(type, fixtures); return null;
        }
    }

    private JsonObject Session(string type, Fixtures fixtures)
    {
        var product = catalog.CreateProduct(fixtures.Of("product", ("name", "myproduct"),
            ("description", "(created by wopr sandbox stripe)")));
        var price = catalog.CreatePrice(fixtures.Of("price", ("product", product.Id()),
            ("unit_amount", "1500"), ("currency", "usd")));
        var form = fixtures.Of("checkout_session", ("success_url", "https://httpbin.org/post"), ("cancel_url", "https://httpbin.org/post"),
            ("mode", "payment"), ("line_items[0][price]", price.Id()), ("line_items[0][quantity]", "2"));
        var session = checkout.Create(form);
        purchase.Remember(session, form);
        switch (type)
        {
            case "checkout.session.expired":
                checkout.Expire(session.Id());
                break;
            case "checkout.session.async_payment_succeeded":
                purchase.PayLater(session, arrives: true);
                break;
            case "checkout.session.async_payment_failed":
                purchase.PayLater(session, arrives: false);
                break;
            default:
                var method = fixtures.Of("payment_method", ("card", Card.Visa)).Need("card");
                purchase.Pay(session, method, "stripe@example.com");
                break;
        }
        return session;
    }

    private JsonObject Intent(string type, Fixtures fixtures)
    {
        var form = fixtures.Of("payment_intent", ("amount", "2000"), ("currency", "usd"), ("payment_method", Card.Visa),
            ("confirm", type == "payment_intent.created" ? "false" : "true"));
        if (type is "payment_intent.payment_failed" or "charge.failed") { form.Set("payment_method", "pm_card_chargeCustomerFail"); }
        try
        {
            return payments.Create(form);
        }
        catch (StripeRefusal refusal) when (refusal.Status == 402)
        {
            return account.NewestFirst(Kind.Intent)[0];
        }
    }

    private void Charge(string type, Fixtures fixtures)
    {
        var charge = fixtures.Take("charge", "id", "charge") is { } id ? account.Need(Kind.Charge, id, "charge") : null;
        charge ??= account.Need(Kind.Charge, Intent(type, fixtures.Renamed("charge", "payment_intent")).Text("latest_charge")!);
        switch (type)
        {
            case "charge.refunded":
                refunds.Create(fixtures.Of("refund", ("charge", charge.Id())));
                break;
            case "charge.dispute.created" or "charge.dispute.closed":
                var form = fixtures.Of("dispute", ("reason", "fraudulent"), ("status", "lost"));
                var dispute = disputes.Open(charge, form.Need("reason"),
                    form.Whole("amount") ?? charge.Cents("amount") - charge.Cents("amount_refunded"));
                if (type.EndsWith("closed", StringComparison.Ordinal)) { disputes.Close(dispute.Id(), form.Text("status") == "won"); }
                break;
        }
    }

    private JsonObject Subscription(string type, Fixtures fixtures)
    {
        var form = fixtures.Of("subscription", ("price", Catalog.SubscriptionPrice));
        var known = form.Text("id") is { } id ? account.Need(Kind.Subscription, id, "subscription:id")
            : form.Text("customer") is { } owner && type != "customer.subscription.created" ? subscriptions.Of(owner)
            : null;
        var subscription = known ?? Started(form.Text("customer"), form.Need("price"), form.Metadata());
        if (type == "customer.subscription.updated")
        {
            var change = new Form("");
            change.Set("metadata[updated]", "true");
            subscriptions.Update(subscription.Id(), change);
        }
        if (type == "customer.subscription.deleted") { subscriptions.Cancel(subscription.Id(), new("")); }
        return subscription;
    }

    /// <summary>A month of the customer's subscription; without one it is begun, and its first invoice is the event's.</summary>
    private void Invoice(string type, Fixtures fixtures)
    {
        var form = fixtures.Of("invoice", ("price", Catalog.SubscriptionPrice));
        var subscription = form.Text("subscription") is { } id ? account.Need(Kind.Subscription, id, "invoice:subscription")
            : form.Text("customer") is { } owner ? subscriptions.Of(owner)
            : null;
        var isFailing = type == "invoice.payment_failed";
        if (subscription is null && !isFailing)
        {
            Started(form.Text("customer"), form.Need("price"), form.Metadata());
            return;
        }
        subscription ??= Started(form.Text("customer"), form.Need("price"), form.Metadata());
        var customer = subscription.Text("customer")!;
        var was = methods.DeclineOf(customer);
        if (isFailing) { methods.Switch(customer, was ?? Decline.Generic); }
        subscriptions.Renew(subscription);
        if (isFailing) { methods.Switch(customer, was); }
    }

    private JsonObject Started(string? owner, string price, JsonObject metadata)
    {
        var fresh = new Form("");
        fresh.Set("email", "stripe@example.com");
        var customer = owner is not null ? account.Need(Kind.Customer, owner, "customer") : customers.Create(fresh);
        var method = methods.DefaultOf(customer) ?? methods.Attach(Card.Visa, customer, "payment_method");
        return subscriptions.Start(customer, [(catalog.NeedPrice(price, "price"), 1)], method, metadata).Subscription;
    }
}
