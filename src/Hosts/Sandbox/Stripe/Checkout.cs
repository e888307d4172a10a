using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Checkout sessions: making, listing and leaving them; what paying does is in <see cref="Purchase"/>.</summary>
internal sealed class Checkout(Account account, Catalog catalog, string host)
{
    private const string UrlPath = "/v1/checkout/sessions";
    private static readonly TimeSpan s_shortest = TimeSpan.FromMinutes(30);
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(1);

    public JsonObject Create(Form form)
    {
        form.Only("mode", "success_url", "cancel_url", "line_items", "customer", "customer_email", "customer_creation",
            "client_reference_id", "metadata", "payment_method_types", "payment_intent_data", "subscription_data", "setup_intent_data",
            "invoice_creation", "expires_at", "currency", "allow_promotion_codes", "locale", "submit_type", "ui_mode",
            "billing_address_collection", "customer_update", "automatic_tax", "payment_method_collection", "consent_collection",
            "phone_number_collection", "tax_id_collection", "saved_payment_method_options", "custom_text", "adaptive_pricing",
            "return_url", "payment_method_options", "branding_settings");
        var mode = form.Word("mode", "payment", "setup", "subscription") ?? throw form.Missing("mode");
        foreach (var name in (string[])["success_url", "cancel_url"]) { CheckUrl(form, name); }
        if (form.Text("customer") is not null && form.Text("customer_email") is not null)
        {
            throw StripeRefusal.Invalid("You may only specify one of these parameters: customer, customer_email.", "customer");
        }
        form.Need("success_url");
        var customer = account.Named(Kind.Customer, form, "customer");
        var lines = mode == "setup" ? [] : Lines(form, mode);
        var expires = Expires(form);
        var id = Account.NewId(Kind.Session);
        var session = account.Add(Kind.Session, Fresh(id, form, mode, customer, lines, expires));
        account.Lines.GetOrAdd(id, () => lines);
        return session;
    }

    public JsonObject Expire(string id)
    {
        var session = account.Need(Kind.Session, id);
        if (session.Text("status") != "open")
        {
            throw StripeRefusal.State("Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a "
                + $"status of {session.Text("status")}.");
        }
        End(session);
        return session;
    }

    /// <summary>Ends what nobody paid in time.</summary>
    public void Sweep()
    {
        foreach (var session in account.NewestFirst(Kind.Session))
        {
            if (session.Text("status") == "open" && session.Cents("expires_at") <= account.Now) { End(session); }
        }
    }

    public JsonObject LineItems(string id, Form form)
    {
        form.Only("limit", "starting_after", "ending_before");
        account.Need(Kind.Session, id);
        return LinesOf(account, id);
    }

    public static JsonObject LinesOf(Account account, string id) =>
        Listing.Of($"{UrlPath}/{id}/line_items", account.Lines.TryGet(id, out var lines) ? lines : []);

    private void End(JsonObject session)
    {
        (session["status"], session["url"]) = ("expired", null);
        account.Tell("checkout.session.expired", session);
    }

    private List<JsonObject> Lines(Form form, string mode)
    {
        form.NeedPart("line_items");
        List<JsonObject> lines = [];
        foreach (var item in form.Items("line_items"))
        {
            item.Only("price", "price_data", "quantity", "adjustable_quantity", "tax_rates", "dynamic_tax_rates", "metadata");
            var price = item.Text("price") is { } id ? catalog.NeedPrice(id, item["price"]!.Path)
                : item["price_data"] is { } data ? catalog.PriceOf(data)
                : throw item.Missing("price");
            var quantity = item.Whole("quantity") ?? throw item.Missing("quantity");
            if (quantity is < 1 or > 999_999)
            {
                throw StripeRefusal.Invalid("This value must be greater than or equal to 1.", item["quantity"]!.Path,
                    "parameter_invalid_integer");
            }
            if (mode == "payment" && price["recurring"] is not null)
            {
                throw StripeRefusal.Invalid("You specified `payment` mode but passed a recurring price. Either switch to "
                    + "`subscription` mode or use only one-time prices.", "mode");
            }
            lines.Add(Line(catalog, price, quantity));
        }
        if (mode == "subscription" && !lines.Exists(line => line["price"]!["recurring"] is not null))
        {
            throw StripeRefusal.Invalid("You must provide at least one recurring price in `subscription` mode when using prices.",
                "mode");
        }
        if (lines.DistinctBy(line => line.Text("currency")).Count() > 1)
        {
            throw StripeRefusal.Invalid("All line items in the session must have the same currency.", "line_items");
        }
        var total = lines.Sum(line => line.Cents("amount_total"));
        const string subject = "The Checkout Session's total amount";
        return total > Catalog.CentsMax
            ? throw StripeRefusal.Invalid($"{subject} must be no more than $999,999.99", "line_items", "amount_too_large")
            : mode == "payment" && total < 50
                ? throw StripeRefusal.Invalid($"{subject} due must add up to at least $0.50 usd", "line_items", "amount_too_small")
                : lines;
    }

    private static JsonObject Line(Catalog catalog, JsonObject price, long quantity)
    {
        var amount = checked(price.Cents("unit_amount") * quantity);
        return new()
        {
            ["id"] = $"li_{Kernel.Token.New(24)}",
            ["object"] = "item",
            ["amount_discount"] = 0,
            ["amount_subtotal"] = amount,
            ["amount_tax"] = 0,
            ["amount_total"] = amount,
            ["currency"] = price.Text("currency"),
            ["description"] = catalog.NeedProduct(price.Text("product")!).Text("name"),
            ["metadata"] = new JsonObject(),
            ["price"] = price.DeepClone(),
            ["quantity"] = quantity,
        };
    }

    private long Expires(Form form)
    {
        var now = account.Now;
        var at = form.Whole("expires_at") ?? now + (long)s_longest.TotalSeconds;
        var seconds = at - now;
        return seconds < (long)s_shortest.TotalSeconds - 60 || seconds > (long)s_longest.TotalSeconds + 60
            ? throw StripeRefusal.Invalid("The `expires_at` timestamp must be at least 30 minutes and less than 24 hours from "
                + "Checkout Session creation.", "expires_at")
            : at;
    }

    private static void CheckUrl(Form form, string name)
    {
        if (form.Text(name) is { } text && !(Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
        {
            throw StripeRefusal.Invalid("Not a valid URL", name, "url_invalid");
        }
    }

    private JsonObject Fresh(string id, Form form, string mode, JsonObject? customer, List<JsonObject> lines, long expires)
    {
        var total = lines.Sum(line => line.Cents("amount_total"));
        var isSetup = mode == "setup";
        return new()
        {
            ["id"] = id,
            ["object"] = "checkout.session",
            ["after_expiration"] = null,
            ["allow_promotion_codes"] = form.Flag("allow_promotion_codes"),
            ["amount_subtotal"] = isSetup ? null : total,
            ["amount_total"] = isSetup ? null : total,
            ["automatic_tax"] = new JsonObject { ["enabled"] = false, ["status"] = null },
            ["billing_address_collection"] = form.Text("billing_address_collection"),
            ["cancel_url"] = form.Text("cancel_url"),
            ["client_reference_id"] = form.Text("client_reference_id"),
            ["created"] = account.Now,
            ["currency"] = isSetup ? form.Text("currency") : lines[0].Text("currency"),
            ["customer"] = customer?.Id(),
            ["customer_creation"] = customer is not null ? null
                : form.Word("customer_creation", "always", "if_required") ?? (mode == "payment" ? "if_required" : "always"),
            ["customer_details"] = customer is null && form.Text("customer_email") is null ? null
                : Details(customer?.Text("email") ?? form.Text("customer_email"), customer?.Text("name")),
            ["customer_email"] = form.Text("customer_email"),
            ["expires_at"] = expires,
            ["invoice"] = null,
            ["invoice_creation"] = mode != "payment" ? null
                : new JsonObject { ["enabled"] = form["invoice_creation"]?.Flag("enabled") ?? false },
            ["locale"] = form.Text("locale"),
            ["metadata"] = form.Metadata(),
            ["mode"] = mode,
            ["payment_intent"] = null,
            ["payment_link"] = null,
            ["payment_method_collection"] = form.Text("payment_method_collection") ?? (isSetup ? "always" : "if_required"),
            ["payment_method_types"] = form.Json("payment_method_types") ?? new JsonArray("card"),
            ["payment_status"] = isSetup ? "no_payment_required" : "unpaid",
            ["setup_intent"] = null,
            ["shipping_options"] = new JsonArray(),
            ["status"] = "open",
            ["submit_type"] = form.Text("submit_type"),
            ["subscription"] = null,
            ["success_url"] = form.Text("success_url"),
            ["total_details"] = isSetup ? null
                : new JsonObject { ["amount_discount"] = 0, ["amount_shipping"] = 0, ["amount_tax"] = 0 },
            ["ui_mode"] = form.Text("ui_mode") ?? "hosted",
            ["url"] = $"{host}/c/pay/{id}",
        };
    }

    public static JsonObject Details(string? email, string? name) => new()
    {
        ["address"] = null,
        ["email"] = email,
        ["name"] = name,
        ["phone"] = null,
        ["tax_exempt"] = "none",
        ["tax_ids"] = new JsonArray(),
    };
}
