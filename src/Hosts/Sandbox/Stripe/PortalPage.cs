using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>The page where a customer looks after cards, the subscription and invoices.</summary>
internal sealed class PortalPage(Account account, Portal portal, Methods methods, Subscriptions subscriptions)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/p/session/{id}", (string id) => Show(id, null));
        routes.MapPost("/p/session/{id}", (string id, HttpRequest request, CancellationToken ct) => PressAsync(id, request, ct));
    }

    private async Task<IResult> PressAsync(string id, HttpRequest request, CancellationToken ct)
    {
        var form = await request.ReadFormAsync(ct);
        lock (account.Gate)
        {
            account.Address = $"{request.Scheme}://{request.Host}";
            if (portal.Find(id) is not var (session, customer)) { return Gone(); }
            try
            {
                Press(customer, form["press"].ToString(), form["card"].ToString());
            }
            catch (StripeRefusal refusal)
            {
                return Show(id, refusal.Message);
            }
            return Results.Redirect($"/p/session/{session.Id()}");
        }
    }

    private void Press(JsonObject customer, string pressed, string card)
    {
        var subscription = subscriptions.Of(customer.Id());
        var form = new Form("");
        switch (pressed)
        {
            case "cancel" or "resume" when subscription is not null:
                form.Set("cancel_at_period_end", pressed == "cancel" ? "true" : "false");
                subscriptions.Update(subscription.Id(), form);
                break;
            case "card":
                var method = methods.Attach(Card.ByName.ContainsKey(card) ? card : Card.Visa, customer, "payment_method").Id();
                Customers.Settings(customer)["default_payment_method"] = method;
                account.Tell("customer.updated", customer);
                if (subscription is null) { break; }
                form.Set("default_payment_method", method);
                subscriptions.Update(subscription.Id(), form);
                break;
        }
    }

    private IResult Show(string id, string? fault)
    {
        lock (account.Gate)
        {
            if (portal.Find(id) is not var (session, customer)) { return Gone(); }
            var theirs = account.NewestFirst(Kind.Invoice).Where(invoice => invoice.Text("customer") == customer.Id());
            var invoices = theirs.Select(invoice =>
                $"<p><a href=\"/stripe/invoices/{invoice.Id()}\">{Page.Text(invoice.Text("number"))}</a> "
                + $"{CheckoutPage.Money(invoice.Cents("total"), invoice.Text("currency"))}, {Page.Text(invoice.Text("status"))}</p>");
            var back = session.Text("return_url") is { } url ? $"<p><a href=\"{Page.Text(url)}\">Return</a></p>" : "";
            return Page.Show("Billing at the pretended Stripe", $$"""
                {{(fault is null ? "" : $"<article role=\"alert\">{Page.Text(fault)}</article>")}}
                <article><h2>{{Page.Text(customer.Text("name") ?? customer.Text("email") ?? customer.Id())}}</h2>{{back}}</article>
                {{Subscription(subscriptions.Of(customer.Id()))}}
                <form method="post"><h2>Card</h2>
                <p>{{CardOf(customer)}}</p>
                <p><select name="card" aria-label="Another card">{{Cards()}}</select>
                <button name="press" value="card">Use this card</button></p></form>
                <article><h2>Invoices</h2>{{string.Concat(invoices)}}</article>
                """);
        }
    }

    private string CardOf(JsonObject customer)
    {
        if (methods.DefaultOf(customer) is not { } method) { return "No card is saved."; }
        return $"{Page.Text((string?)method["card"]!["brand"])} …{Page.Text((string?)method["card"]!["last4"])}";
    }

    private static string Subscription(JsonObject? subscription)
    {
        if (subscription is null) { return "<article><h2>Subscription</h2><p>None.</p></article>"; }
        var until = DateTimeOffset.FromUnixTimeSeconds(subscription.Cents("current_period_end")).ToString("yyyy-MM-dd", null);
        var ends = (bool)subscription["cancel_at_period_end"]!;
        return $"""
            <form method="post"><h2>Subscription</h2>
            <p>{Page.Text(subscription.Text("status"))}, {(ends ? "ends" : "renews")} on {until}.</p>
            <p><button name="press" value="{(ends ? "resume" : "cancel")}">{(ends ? "Keep it" : "Cancel subscription")}</button></p>
            </form>
            """;
    }

    private static string Cards() => string.Concat(Card.ByName.Select(card =>
        $"<option value=\"{card.Key}\">{card.Value.Brand} …{card.Value.Last4}</option>"));

    private static IResult Gone() =>
        Page.Show("Billing", "<article>This link is not valid any more. Open the portal again from where you came.</article>");
}
