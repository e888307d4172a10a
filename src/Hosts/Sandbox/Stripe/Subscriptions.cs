using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

internal sealed class Subscriptions(Account account, Catalog catalog, Invoices invoices, Methods methods)
{
    /// <summary>Starts it and pays its first invoice.</summary>
    public (JsonObject Subscription, JsonObject Invoice) Start(
        JsonObject customer, IReadOnlyList<(JsonObject Price, long Quantity)> sold, JsonObject method, JsonObject metadata)
    {
        var id = Account.NewId(Kind.Subscription);
        var now = account.Now;
        var recurring = sold.Where(each => each.Price["recurring"] is not null).ToList();
        var until = After(now, recurring[0].Price);
        var subscription = account.Add(Kind.Subscription, new()
        {
            ["id"] = id,
            ["object"] = "subscription",
            ["billing_cycle_anchor"] = now,
            ["cancel_at"] = null,
            ["cancel_at_period_end"] = false,
            ["canceled_at"] = null,
            ["cancellation_details"] = new JsonObject { ["comment"] = null, ["feedback"] = null, ["reason"] = null },
            ["collection_method"] = "charge_automatically",
            ["created"] = now,
            ["currency"] = recurring[0].Price.Text("currency"),
            ["current_period_end"] = until,
            ["current_period_start"] = now,
            ["customer"] = customer.Id(),
            ["days_until_due"] = null,
            ["default_payment_method"] = method.Id(),
            ["description"] = null,
            ["discounts"] = new JsonArray(),
            ["ended_at"] = null,
            ["items"] = Listing.Of($"/v1/subscription_items?subscription={id}",
                recurring.Select(each => Item(id, each.Price, each.Quantity, now, until))),
            ["latest_invoice"] = null,
            ["metadata"] = metadata,
            ["pause_collection"] = null,
            ["schedule"] = null,
            ["start_date"] = now,
            ["status"] = "active",
            ["trial_end"] = null,
            ["trial_start"] = null,
        });
        account.Tell("customer.subscription.created", subscription);
        var invoice = invoices.Bill(customer, [.. sold.Select(each => new BillLine(each.Price, each.Quantity, now, until))],
            subscription, "subscription_create");
        subscription["latest_invoice"] = invoice.Id();
        if (invoices.Pay(invoice, method, []) is { } refusal) { throw refusal; }
        return (subscription, invoice);
    }

    public JsonObject Update(string id, Form form)
    {
        form.Only("cancel_at_period_end", "default_payment_method", "description", "items", "metadata", "proration_behavior",
            "payment_behavior", "cancellation_details", "collection_method", "pause_collection");
        var subscription = Need(id);
        var before = subscription.Take(form, "description");
        if (form.Text("default_payment_method") is { } method)
        {
            subscription["default_payment_method"] = account.Need(Kind.Method, method, "default_payment_method").Id();
        }
        foreach (var item in form.Items("items")) { Change(subscription, item); }
        if (form.Flag("cancel_at_period_end") is { } ends)
        {
            before["cancel_at_period_end"] = (bool)subscription["cancel_at_period_end"]!;
            subscription["cancel_at_period_end"] = ends;
            subscription["cancel_at"] = ends ? subscription.Cents("current_period_end") : null;
            subscription["canceled_at"] = ends ? account.Now : null;
        }
        account.Tell("customer.subscription.updated", subscription, before);
        return subscription;
    }

    public JsonObject Cancel(string id, Form form)
    {
        form.Only("invoice_now", "prorate", "cancellation_details");
        return End(Need(id));
    }

    /// <summary>A month passes: the next period begins and is billed, or the subscription ends.</summary>
    public JsonObject Renew(JsonObject subscription)
    {
        if ((bool)subscription["cancel_at_period_end"]!) { return End(subscription); }
        var (from, items) = (subscription.Cents("current_period_end"), Items(subscription));
        var until = After(from, items[0]["price"]!.AsObject());
        var before = new JsonObject
        {
            ["current_period_end"] = from,
            ["current_period_start"] = subscription.Cents("current_period_start"),
        };
        (subscription["current_period_start"], subscription["current_period_end"]) = (from, until);
        foreach (var item in items) { (item["current_period_start"], item["current_period_end"]) = (from, until); }
        var customer = account.Need(Kind.Customer, subscription.Text("customer")!);
        var invoice = invoices.Bill(customer, [.. items.Select(item =>
            new BillLine(item["price"]!.AsObject(), item.Cents("quantity"), from, until))], subscription, "subscription_cycle");
        before["latest_invoice"] = subscription.Text("latest_invoice");
        subscription["latest_invoice"] = invoice.Id();
        var method = MethodOf(subscription, customer);
        var isPaid = invoices.Pay(invoice, method, []) is null;
        subscription["status"] = isPaid ? "active" : "past_due";
        account.Tell("customer.subscription.updated", subscription, before);
        return invoice;
    }

    /// <summary>The customer's newest subscription that is not over.</summary>
    public JsonObject? Of(string customer) => account.NewestFirst(Kind.Subscription).Find(subscription =>
        subscription.Text("customer") == customer && subscription.Text("status") is not "canceled");

    private JsonObject MethodOf(JsonObject subscription, JsonObject customer) =>
        (subscription.Text("default_payment_method") is { } id ? account.Find(Kind.Method, id) : null)
            ?? methods.DefaultOf(customer) ?? methods.Resolve(Card.Visa, "default_payment_method");

    private JsonObject Need(string id)
    {
        var subscription = account.Need(Kind.Subscription, id);
        return subscription.Text("status") != "canceled" ? subscription : throw StripeRefusal.NoSuch("subscription", id, "id");
    }

    private JsonObject End(JsonObject subscription)
    {
        (subscription["status"], subscription["ended_at"]) = ("canceled", account.Now);
        subscription["canceled_at"] ??= account.Now;
        subscription["cancellation_details"]!["reason"] = "cancellation_requested";
        account.Tell("customer.subscription.deleted", subscription);
        return subscription;
    }

    private void Change(JsonObject subscription, Form form)
    {
        var items = subscription["items"]!["data"]!.AsArray();
        var item = form.Text("id") is { } id
            ? Items(subscription).Find(each => each.Id() == id)
                ?? throw StripeRefusal.NoSuch("subscription_item", id, form["id"]!.Path, inBody: true)
            : null;
        if (form.Flag("deleted") == true && item is not null && items.Count > 1) { items.Remove(item); return; }
        if (form.Text("price") is { } price)
        {
            var priced = catalog.NeedPrice(price, form["price"]!.Path);
            if (priced["recurring"] is null)
            {
                throw StripeRefusal.Invalid($"The price specified is set to `type=one_time` but this field only accepts prices with "
                    + "`type=recurring`.", form["price"]!.Path);
            }
            if (item is null)
            {
                item = Item(subscription.Id(), priced, 1,
                    subscription.Cents("current_period_start"), subscription.Cents("current_period_end"));
                items.Add(item);
            }
            item["price"] = priced.DeepClone();
        }
        if (form.Whole("quantity") is { } quantity && item is not null) { item["quantity"] = quantity; }
    }

    private static List<JsonObject> Items(JsonObject subscription) =>
        [.. subscription["items"]!["data"]!.AsArray().Select(item => item!.AsObject())];

    private static JsonObject Item(string subscription, JsonObject price, long quantity, long from, long until) => new()
    {
        ["id"] = $"si_{Kernel.Token.New(14)}",
        ["object"] = "subscription_item",
        ["created"] = from,
        ["current_period_end"] = until,
        ["current_period_start"] = from,
        ["discounts"] = new JsonArray(),
        ["metadata"] = new JsonObject(),
        ["price"] = price.DeepClone(),
        ["quantity"] = quantity,
        ["subscription"] = subscription,
        ["tax_rates"] = new JsonArray(),
    };

    private static long After(long from, JsonObject price)
    {
        var (at, count) = (DateTimeOffset.FromUnixTimeSeconds(from), (int)price["recurring"]!.AsObject().Cents("interval_count"));
        return (price["recurring"]!.AsObject().Text("interval") switch
        {
            "day" => at.AddDays(count),
            "week" => at.AddDays(7 * count),
            "year" => at.AddYears(count),
            _ => at.AddMonths(count),
        }).ToUnixTimeSeconds();
    }
}
