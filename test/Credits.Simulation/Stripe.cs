using System.Text.Json;
using Wopr.Billing;

namespace Wopr.Credits.Simulation;

/// <summary>A payment as Stripe knows it, and what became of it.</summary>
internal sealed class StripePayment(string tenant, string session, string intent, string charge, string? invoice, long cents)
{
    public string Tenant => tenant;
    public string Session => session;
    public string Intent => intent;
    public string Charge => charge;
    public string? Invoice => invoice;
    public long Cents => cents;
    public long Refunded { get; set; }
    public string? Dispute { get; set; }
    public long Disputed { get; set; }
    public string DisputeStatus { get; set; } = "";

    public long Gone => Math.Min(cents, Refunded + (DisputeStatus is "needs_response" or "lost" ? Disputed : 0));
}

/// <summary>An event on its way. Stripe sends it until it is answered, and now and then once more.</summary>
internal sealed class StripeDelivery(StripeEvent said, int times, bool isHeld)
{
    public StripeEvent Said => said;
    public int Times { get; set; } = times;

    /// <summary>Comes only when all else is over.</summary>
    public bool IsHeld => isHeld;
    public bool IsAnswered { get; set; }
}

/// <summary>What Stripe tells of payments, refunds and disputes.</summary>
internal sealed class Stripe(Scheduler scheduler, Model model)
{
    private const int DeliveriesMax = 3;

    private readonly Random _dice = scheduler.Dice;
    private int _number;

    public void Pay(string tenant)
    {
        var number = ++_number;
        string Id(string kind) => $"{kind}_{model.Seed}x{number}";
        var isSubscription = _dice.Next(4) == 0;
        var isPack = !isSubscription && _dice.Next(3) == 0;
        var cents = isSubscription ? CreditPrices.SubscriptionCents : isPack ? 2500 : 100 + _dice.Next(400);
        StripePayment payment = new(tenant, Id("cs"), Id("pi"), Id("ch"), isSubscription ? Id("in") : null, cents);
        model.Payments.Add(payment);
        if (isSubscription)
        {
            for (var told = 0; told <= _dice.Next(2); told++)
            {
                Tell("invoice.paid", new()
                {
                    ["id"] = payment.Invoice,
                    ["status"] = "paid",
                    ["amount_paid"] = cents,
                    ["currency"] = "usd",
                    ["customer"] = $"cus_{tenant}",
                    ["payment_intent"] = payment.Intent,
                    ["charge"] = payment.Charge,
                    ["subscription"] = $"sub_{tenant}",
                    ["subscription_details"] = new { metadata = new { wopr_tenant = tenant } },
                });
            }
            return;
        }
        var isForeign = _dice.Next(12) == 0;
        if (isForeign) { model.Payments.Remove(payment); }
        for (var told = 0; told <= _dice.Next(2); told++)
        {
            Tell(told == 0 ? "checkout.session.completed" : "checkout.session.async_payment_succeeded", new()
            {
                ["id"] = payment.Session,
                ["mode"] = "payment",
                ["payment_status"] = "paid",
                ["amount_total"] = cents,
                ["currency"] = isForeign ? "eur" : "usd",
                ["client_reference_id"] = tenant,
                ["customer"] = $"cus_{tenant}",
                ["payment_intent"] = payment.Intent,
            });
        }
        // The same money under another name.
        if (isPack || isForeign || _dice.Next(2) == 0) { return; }
        Tell("payment_intent.succeeded", new()
        {
            ["id"] = payment.Intent,
            ["status"] = "succeeded",
            ["amount"] = cents,
            ["amount_received"] = cents,
            ["currency"] = "usd",
            ["latest_charge"] = payment.Charge,
            ["metadata"] = new { wopr_tenant = tenant },
        });
    }

    /// <summary>Something more happens to a payment.</summary>
    public void GoOn()
    {
        if (model.Payments.Count == 0) { return; }
        var payment = model.Payments[_dice.Next(model.Payments.Count)];
        if (_dice.Next(2) == 0)
        {
            // Two at once may arrive the other way round.
            for (var count = _dice.Next(2); count >= 0; count--) { Refund(payment); }
            return;
        }
        payment.DisputeStatus = payment.DisputeStatus switch
        {
            "" => _dice.Next(4) == 0 ? "warning_needs_response" : "needs_response",
            "warning_needs_response" => "needs_response",
            "needs_response" => _dice.Next(2) == 0 ? "won" : "lost",
            var decided => decided,
        };
        if (payment.Dispute is null)
        {
            (payment.Dispute, payment.Disputed) = ($"dp_{payment.Charge}", 1 + _dice.NextInt64(payment.Cents));
        }
        Tell(payment.DisputeStatus is "won" or "lost" ? "charge.dispute.closed" : "charge.dispute.created", new()
        {
            ["id"] = payment.Dispute,
            ["amount"] = payment.Disputed,
            ["currency"] = "usd",
            ["status"] = payment.DisputeStatus,
            ["charge"] = payment.Charge,
            ["payment_intent"] = payment.Intent,
        });
    }

    private void Refund(StripePayment payment)
    {
        if (payment.Refunded == payment.Cents) { return; }
        payment.Refunded = _dice.Next(3) == 0 ? payment.Cents : payment.Refunded + 1 + _dice.NextInt64(payment.Cents - payment.Refunded);
        Tell("charge.refunded", new()
        {
            ["id"] = payment.Charge,
            ["amount_refunded"] = payment.Refunded,
            ["currency"] = "usd",
            ["payment_intent"] = payment.Intent,
            ["invoice"] = payment.Invoice,
        });
    }

    /// <summary>Any that is on its way; null when there is none.</summary>
    public StripeDelivery? Next(bool withHeld)
    {
        var open = model.Deliveries.Where(delivery => delivery.Times > 0 && (withHeld || !delivery.IsHeld)).ToList();
        return open.Count == 0 ? null : open[_dice.Next(open.Count)];
    }

    private void Tell(string type, Dictionary<string, object?> thing)
    {
        var body = JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["id"] = $"evt_{model.Seed}x{model.Deliveries.Count}",
            ["type"] = type,
            ["created"] = scheduler.Now.ToUnixTimeSeconds(),
            ["livemode"] = false,
            ["data"] = new Dictionary<string, object> { ["object"] = thing },
        });
        model.Deliveries.Add(new(StripeEvent.TryParse(body)!, 1 + _dice.Next(DeliveriesMax), _dice.Next(4) == 0));
    }
}
