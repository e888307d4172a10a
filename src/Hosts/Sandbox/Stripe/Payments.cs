using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Payment intents and the charges they end in.</summary>
internal sealed class Payments(Account account, Methods methods, Ledger ledger, Disputes disputes)
{
    private const long CentsMin = 50;

    public JsonObject Create(Form form)
    {
        form.Only("amount", "currency", "customer", "payment_method", "payment_method_types", "confirm", "off_session", "metadata",
            "description", "receipt_email", "setup_future_usage", "automatic_payment_methods", "capture_method", "confirmation_method",
            "return_url", "statement_descriptor", "statement_descriptor_suffix", "error_on_requires_action", "shipping",
            "payment_method_options", "use_stripe_sdk");
        var (amount, currency) = (AtLeast(Catalog.Amount(form, "amount")), Catalog.Currency(form));
        var customer = account.Named(Kind.Customer, form, "customer");
        var intent = Open(amount, currency, customer?.Id(), form.Metadata());
        intent.Take(form, "description", "receipt_email", "setup_future_usage");
        if (form.Text("payment_method") is { } method) { Use(intent, method); }
        account.Tell("payment_intent.created", intent);
        if (form.Flag("confirm") != true) { return intent; }
        if (intent.Text("payment_method") is null) { throw form.Missing("payment_method"); }
        return Confirm(intent, IsAway(form));
    }

    public JsonObject Confirm(string id, Form form)
    {
        form.Only("payment_method", "off_session", "return_url", "receipt_email", "setup_future_usage", "error_on_requires_action",
            "use_stripe_sdk");
        var intent = account.Need(Kind.Intent, id);
        if (intent.Text("status") is "succeeded" or "canceled" or "processing")
        {
            throw Unexpected(intent, $"You cannot confirm this PaymentIntent because it has a status of {intent.Text("status")}.");
        }
        if (form.Text("payment_method") is { } method) { Use(intent, method); }
        intent.Take(form, "receipt_email", "setup_future_usage");
        if (intent.Text("payment_method") is null)
        {
            throw Unexpected(intent, "You cannot confirm this PaymentIntent because it's missing a payment method. "
                + "You can either update the PaymentIntent with a payment method and then confirm it again, or confirm it again "
                + "directly with a payment method or ConfirmationToken.");
        }
        return Confirm(intent, IsAway(form));
    }

    public JsonObject Cancel(string id, Form form)
    {
        form.Only("cancellation_reason");
        var intent = account.Need(Kind.Intent, id);
        if (intent.Text("status") is "succeeded" or "canceled")
        {
            throw Unexpected(intent, $"You cannot cancel this PaymentIntent because it has a status of {intent.Text("status")}.");
        }
        (intent["status"], intent["canceled_at"]) = ("canceled", account.Now);
        intent["cancellation_reason"] = form.Text("cancellation_reason");
        account.Tell("payment_intent.canceled", intent);
        return intent;
    }

    /// <summary>An intent as it is before anybody pays.</summary>
    public JsonObject Open(long amount, string currency, string? customer, JsonObject metadata)
    {
        var id = Account.NewId(Kind.Intent);
        return account.Add(Kind.Intent, new()
        {
            ["id"] = id,
            ["object"] = "payment_intent",
            ["amount"] = amount,
            ["amount_capturable"] = 0,
            ["amount_received"] = 0,
            ["automatic_payment_methods"] = null,
            ["canceled_at"] = null,
            ["cancellation_reason"] = null,
            ["capture_method"] = "automatic",
            ["client_secret"] = $"{id}_secret_{Kernel.Token.New(25)}",
            ["confirmation_method"] = "automatic",
            ["created"] = account.Now,
            ["currency"] = currency,
            ["customer"] = customer,
            ["description"] = null,
            ["invoice"] = null,
            ["last_payment_error"] = null,
            ["latest_charge"] = null,
            ["metadata"] = metadata,
            ["next_action"] = null,
            ["payment_method"] = null,
            ["payment_method_types"] = new JsonArray("card"),
            ["processing"] = null,
            ["receipt_email"] = null,
            ["setup_future_usage"] = null,
            ["shipping"] = null,
            ["statement_descriptor"] = null,
            ["status"] = "requires_payment_method",
        });
    }

    /// <summary>Takes the money, or says why not with Stripe's 402.</summary>
    public JsonObject Confirm(JsonObject intent, bool isAway)
    {
        var method = account.Need(Kind.Method, intent.Text("payment_method")!);
        var decline = methods.Fault(method, intent.Text("customer"), intent.Cents("amount"));
        if (decline == Decline.Authentication && !isAway)
        {
            intent["status"] = "requires_action";
            intent["next_action"] = new JsonObject
            {
                ["type"] = "use_stripe_sdk",
                ["use_stripe_sdk"] = new JsonObject { ["type"] = "three_d_secure_redirect" },
            };
            account.Tell("payment_intent.requires_action", intent);
            return intent;
        }
        if (decline is not null) { throw Fail(intent, method, decline); }
        Succeed(intent, method);
        return intent;
    }

    public void Succeed(JsonObject intent, JsonObject method)
    {
        var charge = Charge(intent, method, null);
        var amount = intent.Cents("amount");
        charge["balance_transaction"] = ledger.Move("charge", charge.Id(), amount, Ledger.FeeOf(amount), intent.Text("currency")!);
        (intent["status"], intent["amount_received"], intent["latest_charge"]) = ("succeeded", amount, charge.Id());
        (intent["last_payment_error"], intent["next_action"]) = (null, null);
        if (intent.Text("setup_future_usage") is not null && intent.Text("customer") is { } owner && method.Text("customer") is null)
        {
            methods.Attach(method.Id(), account.Need(Kind.Customer, owner), "payment_method");
        }
        account.Tell("charge.succeeded", charge);
        account.Tell("payment_intent.succeeded", intent);
        if (methods.CardOf(method).Disputed) { disputes.Open(charge, "fraudulent", amount); }
    }

    public StripeRefusal Fail(JsonObject intent, JsonObject method, Decline decline)
    {
        var charge = Charge(intent, method, decline);
        intent["latest_charge"] = charge.Id();
        var error = new JsonObject
        {
            ["charge"] = charge.Id(),
            ["code"] = decline.Code,
            ["decline_code"] = decline.Reason,
            ["message"] = decline.Message,
            ["payment_method"] = method.DeepClone(),
            ["type"] = "card_error",
        };
        (intent["status"], intent["payment_method"], intent["next_action"]) = ("requires_payment_method", null, null);
        intent["last_payment_error"] = error;
        account.Tell("charge.failed", charge);
        account.Tell("payment_intent.payment_failed", intent);
        return Methods.Refused(decline, new()
        {
            ["charge"] = charge.Id(),
            ["payment_intent"] = intent.DeepClone(),
            ["payment_method"] = method.DeepClone(),
        });
    }

    /// <summary>Cents that a card can be charged at all.</summary>
    public static long AtLeast(long cents) => cents >= CentsMin ? cents
        : throw StripeRefusal.Invalid("Amount must be at least $0.50 usd", "amount", "amount_too_small");

    public void Use(JsonObject intent, string name)
    {
        var method = methods.Resolve(name, "payment_method");
        if (method.Text("customer") is { } owner && owner != intent.Text("customer"))
        {
            throw StripeRefusal.Invalid($"The provided PaymentMethod cannot be used with this PaymentIntent: {name} belongs to the "
                + $"customer {owner}. Please supply this customer to the PaymentIntent.", "payment_method",
                "payment_method_customer_decline");
        }
        intent["payment_method"] = method.Id();
        if (intent.Text("status") == "requires_payment_method") { intent["status"] = "requires_confirmation"; }
    }

    // It may also be one of Stripe's older words, "one_off" and "recurring".
    private static bool IsAway(Form form) => form.Text("off_session") is not (null or "false");

    private static StripeRefusal Unexpected(JsonObject intent, string message) =>
        new(400, "invalid_request_error", message)
        {
            Code = "payment_intent_unexpected_state",
            Kept = true,
            More = new() { ["payment_intent"] = intent.DeepClone() },
        };

    private JsonObject Charge(JsonObject intent, JsonObject method, Decline? decline)
    {
        var id = Account.NewId(Kind.Charge);
        var card = method["card"]!.DeepClone();
        return account.Add(Kind.Charge, new()
        {
            ["id"] = id,
            ["object"] = "charge",
            ["amount"] = intent.Cents("amount"),
            ["amount_captured"] = decline is null ? intent.Cents("amount") : 0,
            ["amount_refunded"] = 0,
            ["balance_transaction"] = null,
            ["billing_details"] = method["billing_details"]!.DeepClone(),
            ["captured"] = decline is null,
            ["created"] = account.Now,
            ["currency"] = intent.Text("currency"),
            ["customer"] = intent.Text("customer"),
            ["description"] = intent.Text("description"),
            ["disputed"] = false,
            ["failure_balance_transaction"] = null,
            ["failure_code"] = decline?.Code,
            ["failure_message"] = decline?.Message,
            ["invoice"] = intent.Text("invoice"),
            ["metadata"] = intent["metadata"]!.DeepClone(),
            ["outcome"] = new JsonObject
            {
                ["network_status"] = decline is null ? "approved_by_network" : "declined_by_network",
                ["reason"] = decline?.Reason,
                ["risk_level"] = "normal",
                ["seller_message"] = decline is null ? "Payment complete." : "The bank did not approve this payment.",
                ["type"] = decline is null ? "authorized" : "issuer_declined",
            },
            ["paid"] = decline is null,
            ["payment_intent"] = intent.Id(),
            ["payment_method"] = method.Id(),
            ["payment_method_details"] = new JsonObject { ["card"] = card, ["type"] = "card" },
            ["receipt_email"] = intent.Text("receipt_email"),
            ["receipt_url"] = $"{account.Address}/stripe/receipts/{id}",
            ["refunded"] = false,
            ["status"] = decline is null ? "succeeded" : "failed",
        });
    }
}
