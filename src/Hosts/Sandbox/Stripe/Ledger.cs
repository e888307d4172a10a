using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>The money on the account: every movement is a balance transaction, and their sum is the balance.</summary>
internal sealed class Ledger(Account account)
{
    /// <summary>Stripe's fee for a card in its own country: 2.9 % and 30 cents.</summary>
    public static long FeeOf(long cents) => ((cents * 29) + 500) / 1000 + 30;

    public string Move(string type, string source, long cents, long fee, string currency)
    {
        var movement = account.Add(Kind.Movement, new()
        {
            ["id"] = Account.NewId(Kind.Movement),
            ["object"] = "balance_transaction",
            ["amount"] = cents,
            ["available_on"] = account.Now,
            ["created"] = account.Now,
            ["currency"] = currency,
            ["description"] = null,
            ["exchange_rate"] = null,
            ["fee"] = fee,
            ["fee_details"] = fee == 0 ? new JsonArray() : new JsonArray(new JsonObject
            {
                ["amount"] = fee,
                ["application"] = null,
                ["currency"] = currency,
                ["description"] = "Stripe processing fees",
                ["type"] = "stripe_fee",
            }),
            ["net"] = cents - fee,
            ["reporting_category"] = type,
            ["source"] = source,
            ["status"] = "available",
            ["type"] = type,
        });
        account.Balance[currency] = account.Balance.GetValueOrDefault(currency) + cents - fee;
        return movement.Id();
    }

    public JsonObject Balance(Form form)
    {
        form.Only();
        return new()
        {
            ["object"] = "balance",
            ["available"] = new JsonArray([.. account.Balance.DefaultIfEmpty(new("usd", 0)).Select(each => new JsonObject
            {
                ["amount"] = each.Value, ["currency"] = each.Key, ["source_types"] = new JsonObject { ["card"] = each.Value },
            })]),
            ["livemode"] = false,
            ["pending"] = new JsonArray(),
        };
    }
}
