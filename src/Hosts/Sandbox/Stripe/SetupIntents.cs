using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

internal sealed class SetupIntents(Account account, Methods methods)
{
    public JsonObject Create(Form form)
    {
        form.Only("customer", "payment_method", "payment_method_types", "confirm", "usage", "metadata", "description",
            "automatic_payment_methods", "return_url");
        var customer = account.Named(Kind.Customer, form, "customer");
        if (form.Flag("confirm") == true && form.Text("payment_method") is null) { throw form.Missing("payment_method"); }
        var method = form.Text("payment_method") is { } id ? methods.Resolve(id, "payment_method") : null;
        var isDone = form.Flag("confirm") == true;
        if (isDone && method is not null && customer is not null) { methods.Attach(method.Id(), customer, "payment_method"); }
        return Make(customer?.Id(), method?.Id(), form.Metadata(), form.Text("usage") ?? "off_session",
            isDone ? "succeeded" : method is null ? "requires_payment_method" : "requires_confirmation");
    }

    public JsonObject Done(string? customer, string method, JsonObject metadata) =>
        Make(customer, method, metadata, "off_session", "succeeded");

    private JsonObject Make(string? customer, string? method, JsonObject metadata, string usage, string status)
    {
        var id = Account.NewId(Kind.SetupIntent);
        var intent = account.Add(Kind.SetupIntent, new()
        {
            ["id"] = id,
            ["object"] = "setup_intent",
            ["application"] = null,
            ["cancellation_reason"] = null,
            ["client_secret"] = $"{id}_secret_{Kernel.Token.New(25)}",
            ["created"] = account.Now,
            ["customer"] = customer,
            ["description"] = null,
            ["last_setup_error"] = null,
            ["metadata"] = metadata,
            ["next_action"] = null,
            ["payment_method"] = method,
            ["payment_method_types"] = new JsonArray("card"),
            ["status"] = status,
            ["usage"] = usage,
        });
        account.Tell("setup_intent.created", intent);
        if (status == "succeeded") { account.Tell("setup_intent.succeeded", intent); }
        return intent;
    }
}
