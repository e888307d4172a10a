using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>What happens when somebody presses Pay.</summary>
internal sealed class Purchase(
    Account account, Customers customers, Methods methods, Payments payments, Invoices invoices, Subscriptions subscriptions,
    SetupIntents setups)
{
    private readonly Bounded<Form> _wishes = new(2000);

    /// <summary>What the session was made with that it does not say itself, such as <c>payment_intent_data</c>.</summary>
    public void Remember(JsonObject session, Form form) => _wishes.GetOrAdd(session.Id(), () => form);

    /// <summary>The session is complete, or a 402 says why the card was refused and it stays open.</summary>
    public JsonObject Pay(JsonObject session, string card, string? email = null)
    {
        NeedOpen(session);
        var form = _wishes.TryGet(session.Id(), out var known) ? known : new("");
        var customer = Customer(session, email);
        var method = methods.Resolve(card, "payment_method");
        method["billing_details"]!["email"] = email ?? customer?.Text("email");
        switch (session.Text("mode"))
        {
            case "payment":
                PayOnce(session, customer, method, form);
                break;
            case "subscription":
                Subscribe(session, customer!, method, form);
                break;
            default:
                Save(session, customer, method, form);
                break;
        }
        Complete(session, session.Text("mode") == "setup" ? "no_payment_required" : "paid");
        return session;
    }

    /// <summary>A bank transfer: the session is complete at once, and the money comes, or does not come, later.</summary>
    public JsonObject PayLater(JsonObject session, bool arrives)
    {
        NeedOpen(session);
        if (session.Text("mode") != "payment") { throw StripeRefusal.State("Only a payment can be made by bank transfer."); }
        var form = _wishes.TryGet(session.Id(), out var known) ? known : new("");
        var customer = Customer(session, null);
        var method = methods.Resolve(Card.Visa, "payment_method");
        var intent = Intent(session, customer, method, form);
        intent["status"] = "processing";
        account.Tell("payment_intent.processing", intent);
        Complete(session, "unpaid");
        if (!arrives)
        {
            payments.Fail(intent, method, Decline.Generic);
            account.Tell("checkout.session.async_payment_failed", session);
            return session;
        }
        payments.Succeed(intent, method);
        session["payment_status"] = "paid";
        account.Tell("checkout.session.async_payment_succeeded", session);
        return session;
    }

    private void PayOnce(JsonObject session, JsonObject? customer, JsonObject method, Form form)
    {
        var intent = Intent(session, customer, method, form);
        if (methods.Fault(method, customer?.Id(), intent.Cents("amount")) is { } decline)
        {
            throw payments.Fail(intent, method, decline);
        }
        JsonObject? invoice = null;
        if (customer is not null && (bool)session["invoice_creation"]!["enabled"]!)
        {
            var lines = Sold(session).Select(each => new BillLine(each.Price, each.Quantity, account.Now, account.Now));
            invoice = invoices.Bill(customer, [.. lines], null, "manual");
            invoice["metadata"] = form["invoice_creation"]?["invoice_data"]?.Metadata() ?? [];
            (intent["invoice"], session["invoice"]) = (invoice.Id(), invoice.Id());
        }
        payments.Succeed(intent, method);
        if (invoice is not null) { invoices.Settle(invoice, intent); }
    }

    private void Subscribe(JsonObject session, JsonObject customer, JsonObject method, Form form)
    {
        var total = session.Cents("amount_total");
        if (methods.Fault(method, customer.Id(), total) is { } decline)
        {
            throw payments.Fail(payments.Open(total, session.Text("currency")!, customer.Id(), []), method, decline);
        }
        methods.Attach(method.Id(), customer, "payment_method");
        Customers.Settings(customer)["default_payment_method"] ??= method.Id();
        var metadata = form["subscription_data"]?.Metadata() ?? [];
        var (subscription, invoice) = subscriptions.Start(customer, Sold(session), method, metadata);
        (session["subscription"], session["invoice"]) = (subscription.Id(), invoice.Id());
    }

    private void Save(JsonObject session, JsonObject? customer, JsonObject method, Form form)
    {
        if (customer is not null) { methods.Attach(method.Id(), customer, "payment_method"); }
        session["setup_intent"] = setups.Done(customer?.Id(), method.Id(), form["setup_intent_data"]?.Metadata() ?? []).Id();
    }

    private JsonObject Intent(JsonObject session, JsonObject? customer, JsonObject method, Form form)
    {
        var data = form["payment_intent_data"];
        // After a decline the same intent is tried again.
        var intent = session.Text("payment_intent") is { } id ? account.Find(Kind.Intent, id) : null;
        if (intent is null)
        {
            intent = payments.Open(session.Cents("amount_total"), session.Text("currency")!, customer?.Id(), data?.Metadata() ?? []);
            if (data is not null) { intent.Take(data.WithoutMetadata(), "description", "receipt_email", "setup_future_usage"); }
            session["payment_intent"] = intent.Id();
            account.Tell("payment_intent.created", intent);
        }
        intent["payment_method"] = method.Id();
        return intent;
    }

    private JsonObject? Customer(JsonObject session, string? email)
    {
        if (session.Text("customer") is { } id) { return account.Need(Kind.Customer, id); }
        email ??= session.Text("customer_email") ?? "somebody@example.com";
        session["customer_details"] = Checkout.Details(email, null);
        if (session.Text("customer_creation") != "always") { return null; }
        var form = new Form("");
        form.Set("email", email);
        var customer = customers.Create(form);
        session["customer"] = customer.Id();
        return customer;
    }

    private List<(JsonObject Price, long Quantity)> Sold(JsonObject session) =>
        account.Lines.TryGet(session.Id(), out var lines)
            ? [.. lines.Select(line => (line["price"]!.AsObject(), line.Cents("quantity")))]
            : [];

    private void Complete(JsonObject session, string paymentStatus)
    {
        (session["status"], session["payment_status"], session["url"]) = ("complete", paymentStatus, null);
        account.Tell("checkout.session.completed", session);
    }

    private static void NeedOpen(JsonObject session)
    {
        if (session.Text("status") != "open")
        {
            throw StripeRefusal.State($"This Checkout Session has a status of {session.Text("status")} and cannot be paid.");
        }
    }
}
