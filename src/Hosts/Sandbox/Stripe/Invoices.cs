using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>One line to bill: a price, how many of it, and for which time.</summary>
internal sealed record BillLine(JsonObject Price, long Quantity, long From, long To)
{
    public long Amount => Price.Cents("unit_amount") * Quantity;
}

internal sealed class Invoices(Account account, Payments payments, Methods methods)
{
    /// <summary>An open invoice; who pays it comes after.</summary>
    public JsonObject Bill(JsonObject customer, IReadOnlyList<BillLine> lines, JsonObject? subscription, string reason)
    {
        var id = Account.NewId(Kind.Invoice);
        var total = lines.Sum(line => line.Amount);
        var sequence = customer.Cents("next_invoice_sequence");
        customer["next_invoice_sequence"] = sequence + 1;
        var parent = subscription is null ? null : new JsonObject
        {
            ["quote_details"] = null,
            ["subscription_details"] = new JsonObject
            {
                ["metadata"] = subscription["metadata"]!.DeepClone(),
                ["subscription"] = subscription.Id(),
            },
            ["type"] = "subscription_details",
        };
        var invoice = account.Add(Kind.Invoice, new()
        {
            ["id"] = id,
            ["object"] = "invoice",
            ["account_country"] = "US",
            ["account_name"] = "WOPR sandbox",
            ["amount_due"] = total,
            ["amount_overpaid"] = 0,
            ["amount_paid"] = 0,
            ["amount_remaining"] = total,
            ["attempt_count"] = 0,
            ["attempted"] = false,
            ["auto_advance"] = true,
            ["billing_reason"] = reason,
            ["charge"] = null,
            ["collection_method"] = "charge_automatically",
            ["created"] = account.Now,
            ["currency"] = lines[0].Price.Text("currency"),
            ["customer"] = customer.Id(),
            ["customer_email"] = customer.Text("email"),
            ["customer_name"] = customer.Text("name"),
            ["description"] = null,
            ["due_date"] = null,
            ["ending_balance"] = 0,
            ["hosted_invoice_url"] = $"{account.Address}/stripe/invoices/{id}",
            ["invoice_pdf"] = $"{account.Address}/stripe/invoices/{id}/pdf",
            ["lines"] = Listing.Of($"/v1/invoices/{id}/lines", lines.Select(line => Line(line, id, subscription?.Id()))),
            ["metadata"] = new JsonObject(),
            ["number"] = $"{customer.Text("invoice_prefix")}-{sequence:0000}",
            ["paid"] = false,
            ["parent"] = parent,
            ["payment_intent"] = null,
            ["payments"] = Listing.Of("/v1/invoice_payments", []),
            ["period_end"] = account.Now,
            ["period_start"] = account.Now,
            ["starting_balance"] = 0,
            ["status"] = "open",
            ["status_transitions"] = new JsonObject
            {
                ["finalized_at"] = account.Now,
                ["marked_uncollectible_at"] = null,
                ["paid_at"] = null,
                ["voided_at"] = null,
            },
            ["subscription"] = subscription?.Id(),
            ["subtotal"] = total,
            ["total"] = total,
        });
        account.Tell("invoice.created", invoice);
        account.Tell("invoice.finalized", invoice);
        return invoice;
    }

    /// <summary>Null when it is paid.</summary>
    public StripeRefusal? Pay(JsonObject invoice, JsonObject method, JsonObject metadata)
    {
        var amount = invoice.Cents("amount_due");
        var intent = payments.Open(amount, invoice.Text("currency")!, invoice.Text("customer"), metadata);
        (intent["invoice"], intent["description"]) = (invoice.Id(), $"Invoice {invoice.Text("number")}");
        intent["payment_method"] = method.Id();
        account.Tell("payment_intent.created", intent);
        (invoice["payment_intent"], invoice["attempted"]) = (intent.Id(), true);
        invoice["attempt_count"] = invoice.Cents("attempt_count") + 1;
        if (methods.Fault(method, invoice.Text("customer"), amount) is { } decline)
        {
            var refusal = payments.Fail(intent, method, decline);
            account.Tell("invoice.payment_failed", invoice);
            return refusal;
        }
        payments.Succeed(intent, method);
        Settle(invoice, intent);
        return null;
    }

    /// <summary>The intent paid this invoice.</summary>
    public void Settle(JsonObject invoice, JsonObject intent)
    {
        var amount = invoice.Cents("amount_due");
        (invoice["status"], invoice["paid"], invoice["amount_paid"], invoice["amount_remaining"]) = ("paid", true, amount, 0);
        (invoice["payment_intent"], invoice["charge"]) = (intent.Id(), intent.Text("latest_charge"));
        invoice["status_transitions"]!["paid_at"] = account.Now;
        invoice["payments"] = Listing.Of("/v1/invoice_payments", [new()
        {
            ["id"] = $"inpay_{Kernel.Token.New(24)}",
            ["object"] = "invoice_payment",
            ["amount_paid"] = amount,
            ["amount_requested"] = amount,
            ["created"] = account.Now,
            ["currency"] = invoice.Text("currency"),
            ["invoice"] = invoice.Id(),
            ["is_default"] = true,
            ["payment"] = new JsonObject { ["payment_intent"] = intent.Id(), ["type"] = "payment_intent" },
            ["status"] = "paid",
        }]);
        account.Tell("invoice.paid", invoice);
        account.Tell("invoice.payment_succeeded", invoice);
    }

    private static JsonObject Line(BillLine line, string invoice, string? subscription) => new()
    {
        ["id"] = $"il_{Kernel.Token.New(24)}",
        ["object"] = "line_item",
        ["amount"] = line.Amount,
        ["currency"] = line.Price.Text("currency"),
        ["description"] = line.Price.Text("nickname") ?? line.Price.Id(),
        ["discountable"] = true,
        ["invoice"] = invoice,
        ["livemode"] = false,
        ["metadata"] = new JsonObject(),
        ["period"] = new JsonObject { ["end"] = line.To, ["start"] = line.From },
        ["price"] = line.Price.DeepClone(),
        ["pricing"] = new JsonObject
        {
            ["price_details"] = new JsonObject { ["price"] = line.Price.Id(), ["product"] = line.Price.Text("product") },
            ["type"] = "price_details",
            ["unit_amount_decimal"] = line.Price.Text("unit_amount_decimal"),
        },
        ["quantity"] = line.Quantity,
        ["subscription"] = subscription,
        ["subtotal"] = line.Amount,
    };
}
