using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

internal sealed class Customers(Account account, Methods methods)
{
    private static readonly string[] s_plain = ["address", "description", "email", "name", "phone", "shipping", "preferred_locales"];

    public JsonObject Create(Form form)
    {
        Check(form);
        var now = account.Now;
        var id = Account.NewId(Kind.Customer);
        var customer = account.Add(Kind.Customer, new()
        {
            ["id"] = id,
            ["object"] = "customer",
            ["address"] = null,
            ["balance"] = 0,
            ["created"] = now,
            ["currency"] = null,
            ["default_source"] = null,
            ["delinquent"] = false,
            ["description"] = null,
            ["discount"] = null,
            ["email"] = null,
            ["invoice_prefix"] = id[^8..].ToUpperInvariant(),
            ["invoice_settings"] = new JsonObject
            {
                ["custom_fields"] = null,
                ["default_payment_method"] = null,
                ["footer"] = null,
                ["rendering_options"] = null,
            },
            ["metadata"] = new JsonObject(),
            ["name"] = null,
            ["next_invoice_sequence"] = 1,
            ["phone"] = null,
            ["preferred_locales"] = new JsonArray(),
            ["shipping"] = null,
            ["tax_exempt"] = form.Text("tax_exempt") ?? "none",
            ["test_clock"] = null,
        });
        customer.Take(form, s_plain);
        account.Tell("customer.created", customer);
        if (form.Text("payment_method") is { } method) { methods.Attach(method, customer, "payment_method"); }
        Settle(customer, form);
        return customer;
    }

    public JsonObject Update(string id, Form form)
    {
        var customer = account.Need(Kind.Customer, id);
        Check(form);
        var before = customer.Take(form, s_plain);
        Settle(customer, form);
        account.Tell("customer.updated", customer, before);
        return customer;
    }

    public JsonObject MethodsOf(string id, Form form)
    {
        account.Need(Kind.Customer, id);
        form.Only("limit", "starting_after", "ending_before", "type");
        return Listing.Page(account, Kind.Method, $"/v1/customers/{id}/payment_methods", form, methods.Of(id, form.Text("type")));
    }

    public static JsonObject Settings(JsonObject customer) => customer["invoice_settings"]!.AsObject();

    private static void Check(Form form)
    {
        form.Only([.. s_plain, "metadata", "payment_method", "invoice_settings", "tax_exempt", "source", "balance",
            "invoice_prefix", "cash_balance", "tax", "tax_id_data", "test_clock"]);
        if (form.Text("email") is { } email && (!email.Contains('@', StringComparison.Ordinal) || email.Length > 512))
        {
            throw StripeRefusal.Invalid($"Invalid email address: {email}", "email", "email_invalid");
        }
    }

    private void Settle(JsonObject customer, Form form)
    {
        if (form["invoice_settings"]?.Text("default_payment_method") is not { } id) { return; }
        var method = account.Need(Kind.Method, id, "invoice_settings[default_payment_method]");
        if (method.Text("customer") != customer.Id())
        {
            throw StripeRefusal.Invalid($"The customer does not have a payment method with the ID {id}. The payment method must be "
                + "attached to the customer.", "invoice_settings[default_payment_method]", "resource_missing");
        }
        Settings(customer)["default_payment_method"] = id;
    }
}
