using System.Globalization;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Products and prices. <c>price_credits_N</c> is there for every N dollars, without being made.</summary>
internal sealed class Catalog(Account account)
{
    public const long CentsMax = 99_999_999;
    public const string SubscriptionPrice = "price_subscription_5";

    private const string CreditsPrefix = "price_credits_";
    private const string CreditsProduct = "prod_credits";
    private const string SubscriptionProduct = "prod_subscription";

    public JsonObject CreateProduct(Form form)
    {
        form.Only("name", "description", "metadata", "active", "images", "statement_descriptor", "tax_code", "unit_label", "url",
            "id", "shippable", "default_price_data", "marketing_features");
        return Product(form.Text("id") ?? Account.NewId(Kind.Product), form.Need("name"), form.Text("description"), form.Metadata());
    }

    public JsonObject NeedProduct(string id, string? inBody = null) => id switch
    {
        CreditsProduct => account.Find(Kind.Product, id) ?? Product(id, "WOPR credits", null, []),
        SubscriptionProduct => account.Find(Kind.Product, id) ?? Product(id, "WOPR subscription", null, []),
        _ => account.Need(Kind.Product, id, inBody),
    };

    public JsonObject CreatePrice(Form form)
    {
        form.Only("currency", "unit_amount", "product", "product_data", "recurring", "metadata", "nickname", "active", "lookup_key",
            "tax_behavior", "billing_scheme", "transfer_lookup_key", "custom_unit_amount", "currency_options", "unit_amount_decimal");
        return Made(form, Product(form));
    }

    /// <summary>A price made on the spot: <c>line_items[0][price_data]</c>.</summary>
    public JsonObject PriceOf(Form data)
    {
        data.Only("currency", "unit_amount", "product", "product_data", "recurring", "tax_behavior", "unit_amount_decimal");
        return Made(data, Product(data));
    }

    public JsonObject NeedPrice(string id, string? inBody = null)
    {
        if (account.Find(Kind.Price, id) is { } known) { return known; }
        if (id == SubscriptionPrice) { return Price(id, NeedProduct(SubscriptionProduct).Id(), 500, "usd", Monthly()); }
        return id.StartsWith(CreditsPrefix, StringComparison.Ordinal)
            && int.TryParse(id[CreditsPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var dollars)
            && dollars is > 0 and <= 999_999 && id == $"{CreditsPrefix}{dollars}"
                ? Price(id, NeedProduct(CreditsProduct).Id(), dollars * 100L, "usd", null)
                : account.Need(Kind.Price, id, inBody);
    }

    public static long Amount(Form form, string name)
    {
        var amount = form.Whole(name) ?? throw form.Missing(name);
        var path = form[name]!.Path;
        return amount < 0
            ? throw StripeRefusal.Invalid("This value must be greater than or equal to 0.", path, "parameter_invalid_integer")
            : amount > CentsMax
                ? throw StripeRefusal.Invalid("Amount must be no more than $999,999.99", path, "amount_too_large")
                : amount;
    }

    public static string Currency(Form form)
    {
        var currency = form.Need("currency").ToLowerInvariant();
        return currency.Length == 3 && currency.All(char.IsAsciiLetterLower)
            ? currency
            : throw StripeRefusal.Invalid($"Invalid currency: {currency}.", form["currency"]!.Path);
    }

    private string Product(Form form)
    {
        if (form.Text("product") is { } id) { return NeedProduct(id, form["product"]!.Path).Id(); }
        var data = form.NeedPart("product_data");
        return Product(Account.NewId(Kind.Product), data.Need("name"), data.Text("description"), data.Metadata()).Id();
    }

    private JsonObject Product(string id, string name, string? description, JsonObject metadata) => account.Add(Kind.Product, new()
    {
        ["id"] = id,
        ["object"] = "product",
        ["active"] = true,
        ["created"] = account.Now,
        ["default_price"] = null,
        ["description"] = description,
        ["images"] = new JsonArray(),
        ["marketing_features"] = new JsonArray(),
        ["metadata"] = metadata,
        ["name"] = name,
        ["package_dimensions"] = null,
        ["shippable"] = null,
        ["statement_descriptor"] = null,
        ["tax_code"] = null,
        ["type"] = "service",
        ["unit_label"] = null,
        ["updated"] = account.Now,
        ["url"] = null,
    });

    private JsonObject Made(Form form, string product)
    {
        var recurring = form["recurring"] is { } given
            ? Monthly(given.Word("interval", "day", "week", "month", "year") ?? throw given.Missing("interval"),
                given.Whole("interval_count") ?? 1)
            : null;
        var price = Price(Account.NewId(Kind.Price), product, Amount(form, "unit_amount"), Currency(form), recurring);
        price["metadata"] = form.Metadata();
        price["nickname"] = form.Text("nickname");
        price["lookup_key"] = form.Text("lookup_key");
        return price;
    }

    private static JsonObject Monthly(string interval = "month", long count = 1) => new()
    {
        ["interval"] = interval,
        ["interval_count"] = count,
        ["meter"] = null,
        ["trial_period_days"] = null,
        ["usage_type"] = "licensed",
    };

    private JsonObject Price(
        string id, string product, long cents, string currency, JsonObject? recurring) => account.Add(Kind.Price, new()
        {
            ["id"] = id,
            ["object"] = "price",
            ["active"] = true,
            ["billing_scheme"] = "per_unit",
            ["created"] = account.Now,
            ["currency"] = currency,
            ["custom_unit_amount"] = null,
            ["lookup_key"] = null,
            ["metadata"] = new JsonObject(),
            ["nickname"] = null,
            ["product"] = product,
            ["recurring"] = recurring,
            ["tax_behavior"] = "unspecified",
            ["tiers_mode"] = null,
            ["transform_quantity"] = null,
            ["type"] = recurring is null ? "one_time" : "recurring",
            ["unit_amount"] = cents,
            ["unit_amount_decimal"] = $"{cents}",
        });
}
