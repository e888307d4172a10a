using System.Globalization;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

internal sealed class Refunds(Account account, Ledger ledger)
{
    public JsonObject Create(Form form)
    {
        form.Only("charge", "payment_intent", "amount", "reason", "metadata", "currency", "customer", "instructions_email",
            "refund_application_fee", "reverse_transfer", "origin");
        form.Word("reason", "duplicate", "fraudulent", "requested_by_customer");
        var charge = Charge(form);
        var rest = charge.Cents("amount_captured") - charge.Cents("amount_refunded");
        if ((bool)charge["refunded"]! || rest <= 0)
        {
            throw StripeRefusal.State($"Charge {charge.Id()} has already been refunded.", "charge_already_refunded");
        }
        if ((bool)charge["disputed"]!)
        {
            throw StripeRefusal.State($"Charge {charge.Id()} has been charged back; cannot issue a refund.", "charge_disputed");
        }
        var amount = form.Has("amount") ? Catalog.Amount(form, "amount") : rest;
        if (amount == 0) { throw StripeRefusal.Invalid("Invalid positive integer", "amount", "parameter_invalid_integer"); }
        if (amount > rest)
        {
            throw StripeRefusal.State(
                $"Refund amount ({Dollars(amount)}) is greater than unrefunded amount on charge ({Dollars(rest)})", param: "amount");
        }
        return Give(charge, amount, form);
    }

    private JsonObject Give(JsonObject charge, long amount, Form form)
    {
        var (id, currency) = (Account.NewId(Kind.Refund), charge.Text("currency")!);
        var refund = account.Add(Kind.Refund, new()
        {
            ["id"] = id,
            ["object"] = "refund",
            ["amount"] = amount,
            ["balance_transaction"] = ledger.Move("refund", id, -amount, 0, currency),
            ["charge"] = charge.Id(),
            ["created"] = account.Now,
            ["currency"] = currency,
            ["destination_details"] = new JsonObject { ["card"] = new JsonObject { ["type"] = "refund" }, ["type"] = "card" },
            ["metadata"] = form.Metadata(),
            ["payment_intent"] = charge.Text("payment_intent"),
            ["reason"] = form.Text("reason"),
            ["receipt_number"] = null,
            ["source_transfer_reversal"] = null,
            ["status"] = "succeeded",
            ["transfer_reversal"] = null,
        });
        var before = new JsonObject { ["amount_refunded"] = charge.Cents("amount_refunded"), ["refunded"] = false };
        charge["amount_refunded"] = charge.Cents("amount_refunded") + amount;
        charge["refunded"] = charge.Cents("amount_refunded") == charge.Cents("amount_captured");
        account.Tell("refund.created", refund);
        account.Tell("charge.refunded", charge, before);
        return refund;
    }

    private JsonObject Charge(Form form)
    {
        if (account.Named(Kind.Charge, form, "charge") is { } charge) { return charge; }
        if (account.Named(Kind.Intent, form, "payment_intent") is not { } intent)
        {
            throw StripeRefusal.Invalid("One of the following params should be provided for this request: payment_intent or charge.",
                code: "parameter_missing");
        }
        return intent.Text("status") == "succeeded" && intent.Text("latest_charge") is { } id
            ? account.Need(Kind.Charge, id, "payment_intent")
            : throw StripeRefusal.State($"This PaymentIntent ({intent.Id()}) does not have a successful charge to refund.",
                "payment_intent_unexpected_state", "payment_intent");
    }

    private static string Dollars(long cents) => (cents / 100m).ToString("$#,0.00", CultureInfo.InvariantCulture);
}
