using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Usage that is reported: an identifier counts once.</summary>
internal sealed class Meters(Account account)
{
    public JsonObject Create(Form form)
    {
        form.Only("event_name", "payload", "identifier", "timestamp");
        var name = form.Need("event_name");
        var payload = form.NeedPart("payload");
        payload.Need("value");
        account.Need(Kind.Customer, payload.Need("stripe_customer_id"), "payload[stripe_customer_id]");
        var identifier = form.Text("identifier") ?? Kernel.Token.New(32);
        if (account.Find(Kind.Meter, Kind.Meter.Prefix + identifier) is not null)
        {
            throw StripeRefusal.Invalid($"An event already exists with identifier {identifier}.", "identifier");
        }
        account.Add(Kind.Meter, new() { ["id"] = Kind.Meter.Prefix + identifier });
        return new()
        {
            ["object"] = "billing.meter_event",
            ["created"] = account.Now,
            ["event_name"] = name,
            ["identifier"] = identifier,
            ["livemode"] = false,
            ["payload"] = payload.AsJson(),
            ["timestamp"] = form.Whole("timestamp") ?? account.Now,
        };
    }
}
