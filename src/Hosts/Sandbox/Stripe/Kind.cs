namespace Wopr.Sandbox.Stripe;

/// <summary>A kind of thing: how its ids begin, and what an error calls it and the parameter that names it.</summary>
internal sealed record Kind(string Prefix, string Noun, string Param, int Letters = 24)
{
    public static readonly Kind Customer = new("cus_", "customer", "id", 14);
    public static readonly Kind Product = new("prod_", "product", "id", 14);
    public static readonly Kind Price = new("price_", "price", "price");
    public static readonly Kind Session = new("cs_test_", "checkout.session", "session", 58);
    public static readonly Kind Method = new("pm_", "PaymentMethod", "payment_method");
    public static readonly Kind Intent = new("pi_", "payment_intent", "intent");
    public static readonly Kind SetupIntent = new("seti_", "setupintent", "intent");
    public static readonly Kind Charge = new("ch_", "charge", "id");
    public static readonly Kind Refund = new("re_", "refund", "refund");
    public static readonly Kind Dispute = new("du_", "dispute", "dispute");
    public static readonly Kind Movement = new("txn_", "balance transaction", "id");
    public static readonly Kind Invoice = new("in_", "invoice", "invoice");
    public static readonly Kind Subscription = new("sub_", "subscription", "id");
    public static readonly Kind Portal = new("bps_", "billing_portal.session", "id");
    public static readonly Kind Event = new("evt_", "event", "id");
    public static readonly Kind Meter = new("mtr_event_", "billing.meter_event", "id");
    public static readonly Kind Endpoint = new("we_", "webhook endpoint", "id");

    public static readonly Kind[] All =
    [
        Customer, Product, Price, Session, Method, Intent, SetupIntent, Charge, Refund, Dispute, Movement, Invoice,
        Subscription, Portal, Event, Meter, Endpoint,
    ];

    public static Kind? Of(string id) => Array.Find(All, kind => id.StartsWith(kind.Prefix, StringComparison.Ordinal));
}
