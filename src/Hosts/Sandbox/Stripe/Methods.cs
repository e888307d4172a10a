using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Payment methods: cards, each made from one of Stripe's test cards and behaving as it does.</summary>
internal sealed class Methods(Account account)
{
    private const int Kept = 2000;

    private readonly Bounded<Card> _cards = new(Kept);
    private readonly Bounded<Decline> _switched = new(Kept);

    public JsonObject Create(Form form)
    {
        form.Only("type", "card", "metadata", "billing_details", "allow_redisplay");
        form.Word("type", "card");
        form.Need("type");
        var token = form["card"]?.Text("token") ?? "tok_visa";
        return Make(token.Replace("tok_", "pm_card_", StringComparison.Ordinal), "card[token]");
    }

    /// <summary>The method itself, or a new one when the id is that of a test card.</summary>
    public JsonObject Resolve(string id, string param) =>
        Card.ByName.ContainsKey(id) ? Make(id, param) : account.Need(Kind.Method, id, param);

    public JsonObject Attach(string id, JsonObject customer, string param)
    {
        var method = Resolve(id, param);
        if (CardOf(method) is { FailsWhenAttached: true, Fails: var name } && Decline.Named(name) is { } decline)
        {
            account.Remove(Kind.Method, method.Id());
            throw Refused(decline);
        }
        if (method.Text("customer") is { } other && other != customer.Id())
        {
            throw StripeRefusal.State("The payment method you provided has already been attached to a customer.",
                "payment_method_unexpected_state");
        }
        method["customer"] = customer.Id();
        account.Tell("payment_method.attached", method);
        return method;
    }

    public JsonObject Detach(string id)
    {
        var method = account.Need(Kind.Method, id);
        if (method.Text("customer") is not { } owner)
        {
            throw StripeRefusal.State("The payment method you provided is not attached to a customer so detachment is impossible.",
                "payment_method_unexpected_state");
        }
        if (account.Find(Kind.Customer, owner) is { } customer
            && Customers.Settings(customer).Text("default_payment_method") == id)
        {
            Customers.Settings(customer)["default_payment_method"] = null;
        }
        method["customer"] = null;
        account.Tell("payment_method.detached", method, new() { ["customer"] = owner });
        return method;
    }

    public JsonObject List(Form form)
    {
        form.Only("customer", "type", "limit", "starting_after", "ending_before");
        var owner = form.Text("customer") is { } id ? account.Need(Kind.Customer, id, "customer").Id() : null;
        return Listing.Page(account, Kind.Method, "/v1/payment_methods", form, Of(owner, form.Text("type")));
    }

    public List<JsonObject> Of(string? customer, string? type) => account.NewestFirst(Kind.Method).FindAll(method =>
        customer is not null && method.Text("customer") == customer && (type is null || method.Text("type") == type));

    public JsonObject? DefaultOf(JsonObject customer) =>
        Customers.Settings(customer).Text("default_payment_method") is { } id ? account.Find(Kind.Method, id) : null;

    public Card CardOf(JsonObject method) => _cards.TryGet(method.Id(), out var card) ? card : Card.ByName[Card.Visa];

    /// <summary>From now on every payment of the customer fails so; null lets them pay again.</summary>
    public void Switch(string customer, Decline? decline)
    {
        _switched.TryTake(customer, out _);
        if (decline is not null) { _switched.GetOrAdd(customer, () => decline); }
    }

    public Decline? DeclineOf(string? customer) =>
        customer is not null && _switched.TryGet(customer, out var decline) ? decline : null;

    /// <summary>Why a payment fails; null when it goes through.</summary>
    public Decline? Fault(JsonObject method, string? customer, long cents) =>
        DeclineOf(customer) ?? Decline.Named(CardOf(method).Fails) ?? Card.ForAmount(cents);

    public static StripeRefusal Refused(Decline decline, JsonObject? more = null)
    {
        more ??= [];
        if (decline.Reason is not null) { more["decline_code"] = decline.Reason; }
        return new(402, "card_error", decline.Message) { Code = decline.Code, Kept = true, More = more };
    }

    private JsonObject Make(string name, string param)
    {
        if (!Card.ByName.TryGetValue(name, out var card)) { throw StripeRefusal.NoSuch("PaymentMethod", name, param, inBody: true); }
        var method = account.Add(Kind.Method, new()
        {
            ["id"] = Account.NewId(Kind.Method),
            ["object"] = "payment_method",
            ["allow_redisplay"] = "unspecified",
            ["billing_details"] = new JsonObject { ["address"] = null, ["email"] = null, ["name"] = null, ["phone"] = null },
            ["card"] = new JsonObject
            {
                ["brand"] = card.Brand,
                ["checks"] = new JsonObject { ["cvc_check"] = "pass" },
                ["country"] = "US",
                ["display_brand"] = card.Brand,
                ["exp_month"] = 12,
                ["exp_year"] = 2034,
                ["fingerprint"] = $"sandbox{card.Last4}",
                ["funding"] = "credit",
                ["last4"] = card.Last4,
                ["wallet"] = null,
            },
            ["created"] = account.Now,
            ["customer"] = null,
            ["metadata"] = new JsonObject(),
            ["type"] = "card",
        });
        _cards.GetOrAdd(method.Id(), () => card);
        return method;
    }
}
