using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>A cardholder takes a payment back; the money leaves with a fee, and comes back if the dispute is won.</summary>
internal sealed class Disputes(Account account, Ledger ledger)
{
    private const long Fee = 1500;

    public JsonObject Open(JsonObject charge, string reason, long amount)
    {
        if ((bool)charge["disputed"]!) { throw StripeRefusal.State($"Charge {charge.Id()} is already disputed.", "charge_disputed"); }
        var rest = charge.Cents("amount_captured") - charge.Cents("amount_refunded");
        if (amount <= 0 || amount > rest)
        {
            throw StripeRefusal.State($"A dispute of {charge.Id()} can be about 1 to {rest} cents.", param: "amount");
        }
        var (id, currency) = (Account.NewId(Kind.Dispute), charge.Text("currency")!);
        var movement = ledger.Move("adjustment", id, -amount, Fee, currency);
        var dispute = account.Add(Kind.Dispute, new()
        {
            ["id"] = id,
            ["object"] = "dispute",
            ["amount"] = amount,
            ["balance_transactions"] = new JsonArray(account.Find(Kind.Movement, movement)!.DeepClone()),
            ["charge"] = charge.Id(),
            ["created"] = account.Now,
            ["currency"] = currency,
            ["evidence"] = new JsonObject(),
            ["evidence_details"] = new JsonObject
            {
                ["due_by"] = account.Now + (long)TimeSpan.FromDays(7).TotalSeconds,
                ["has_evidence"] = false,
                ["past_due"] = false,
                ["submission_count"] = 0,
            },
            ["is_charge_refundable"] = false,
            ["metadata"] = new JsonObject(),
            ["payment_intent"] = charge.Text("payment_intent"),
            ["payment_method_details"] = new JsonObject { ["card"] = new JsonObject { ["brand"] = "visa" }, ["type"] = "card" },
            ["reason"] = reason,
            ["status"] = "needs_response",
        });
        charge["disputed"] = true;
        account.Tell("charge.dispute.created", dispute);
        account.Tell("charge.dispute.funds_withdrawn", dispute);
        return dispute;
    }

    /// <summary>Whoever closes a dispute over the API gives it up.</summary>
    public JsonObject Close(string id, bool isWon = false)
    {
        var dispute = account.Need(Kind.Dispute, id);
        if (dispute.Text("status") is "won" or "lost")
        {
            throw StripeRefusal.State("This dispute is already closed.", param: "dispute");
        }
        dispute["status"] = isWon ? "won" : "lost";
        if (isWon)
        {
            var movement = ledger.Move("adjustment", id, dispute.Cents("amount"), -Fee, dispute.Text("currency")!);
            dispute["balance_transactions"]!.AsArray().Add(account.Find(Kind.Movement, movement)!.DeepClone());
        }
        account.Tell("charge.dispute.closed", dispute);
        if (isWon) { account.Tell("charge.dispute.funds_reinstated", dispute); }
        return dispute;
    }
}
