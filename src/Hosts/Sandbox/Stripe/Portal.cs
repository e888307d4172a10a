using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Sessions of the customer portal; the link works until nobody used it for an hour.</summary>
internal sealed class Portal(Account account)
{
    private const long SecondsMax = 3600;

    public JsonObject Create(Form form)
    {
        form.Only("customer", "return_url", "configuration", "flow_data", "locale", "on_behalf_of");
        form.Need("customer");
        var customer = account.Named(Kind.Customer, form, "customer")!;
        var id = Account.NewId(Kind.Portal);
        return account.Add(Kind.Portal, new()
        {
            ["id"] = id,
            ["object"] = "billing_portal.session",
            ["configuration"] = form.Text("configuration") ?? "bpc_sandbox",
            ["created"] = account.Now,
            ["customer"] = customer.Id(),
            ["flow"] = null,
            ["locale"] = form.Text("locale"),
            ["on_behalf_of"] = null,
            ["return_url"] = form.Text("return_url"),
            ["url"] = $"{account.Address}/p/session/{id}",
        });
    }

    /// <summary>The session and its customer, or null when the link is unknown or old.</summary>
    public (JsonObject Session, JsonObject Customer)? Find(string id) =>
        account.Find(Kind.Portal, id) is { } session && session.Cents("created") + SecondsMax > account.Now
            && account.Find(Kind.Customer, session.Text("customer")!) is { } customer
                ? (session, customer)
                : null;
}
