using System.Globalization;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>The page where somebody pays: GET /c/pay/{session}.</summary>
internal sealed class CheckoutPage(Account account, Purchase purchase, Checkout checkout)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/c/pay/{id}", (string id) => Show(id, null));
        routes.MapPost("/c/pay/{id}", (string id, HttpRequest request, CancellationToken ct) => PressAsync(id, request, ct));
    }

    public static string Money(long? cents, string? currency) =>
        $"{(cents ?? 0) / 100m:0.00} {currency?.ToUpperInvariant()}".ToString(CultureInfo.InvariantCulture);

    private IResult Show(string id, string? fault)
    {
        lock (account.Gate)
        {
            checkout.Sweep();
            if (account.Find(Kind.Session, id) is not { } session) { return Gone("There is no such checkout."); }
            return session.Text("status") switch
            {
                "open" => Page.Show("Pay the pretended Stripe", Body(session, fault)),
                "complete" => Gone("This checkout is complete."),
                _ => Gone("This checkout has expired. Go back and begin again."),
            };
        }
    }

    // The event is tried before the browser goes back, as Stripe waits for an endpoint too.
    private async Task<IResult> PressAsync(string id, HttpRequest request, CancellationToken ct)
    {
        var form = await request.ReadFormAsync(ct);
        var (pressed, card, email) = (form["press"].ToString(), form["card"].ToString(), form["email"].ToString());
        string? back;
        string? eventId;
        lock (account.Gate)
        {
            account.Address = $"{request.Scheme}://{request.Host}";
            checkout.Sweep();
            if (account.Find(Kind.Session, id) is not { } session || session.Text("status") != "open") { return Show(id, null); }
            try
            {
                back = Press(session, pressed, card, email.Length > 0 ? email : null);
            }
            catch (StripeRefusal refusal)
            {
                return Show(id, refusal.Message);
            }
            eventId = pressed is "leave" ? null : account.NewestFirst(Kind.Event).FirstOrDefault()?.Id();
        }
        if (eventId is not null) { await account.Deliveries.TriedAsync(eventId, s_patience, ct); }
        return back is null ? Gone("Thank you. You can close this page.") : Results.Redirect(back);
    }

    private string? Press(JsonObject session, string pressed, string card, string? email)
    {
        switch (pressed)
        {
            case "decline":
                purchase.Pay(session, "pm_card_chargeCustomerFail", email);
                break;
            case "later":
                purchase.PayLater(session, arrives: true);
                break;
            case "bounce":
                purchase.PayLater(session, arrives: false);
                break;
            case "leave":
                return session.Text("cancel_url");
            case "expire":
                checkout.Expire(session.Id());
                return session.Text("cancel_url");
            default:
                purchase.Pay(session, Card.ByName.ContainsKey(card) ? card : Card.Visa, email);
                break;
        }
        return session.Text("success_url")?.Replace("{CHECKOUT_SESSION_ID}", session.Id(), StringComparison.Ordinal);
    }

    private string Body(JsonObject session, string? fault)
    {
        var lines = Checkout.LinesOf(account, session.Id())["data"]!.AsArray().Select(line => line!.AsObject()).Select(line =>
            $"<p>{line.Cents("quantity")} × {Page.Text(line.Text("description"))}{Each(line)}: <b>"
            + $"{Money(line.Cents("amount_total"), line.Text("currency"))}</b></p>");
        var isSetup = session.Text("mode") == "setup";
        var word = isSetup ? "Save card" : session.Text("mode") == "subscription" ? "Subscribe" : "Pay";
        var email = session["customer"] is null
            ? $"""<p><label>E-mail <input name="email" type="email" value="{Page.Text(session.Text("customer_email"))}"></label></p>"""
            : "";
        var bank = session.Text("mode") != "payment" ? "" : """
            <p><small>By bank transfer: <button name="press" value="later">it arrives</button>
            <button name="press" value="bounce">it does not</button></small></p>
            """;
        var total = isSetup ? "" : $"<p>Total <b>{Money((long?)session["amount_total"], session.Text("currency"))}</b></p>";
        return $$"""
            {{(fault is null ? "" : $"<article role=\"alert\">{Page.Text(fault)}</article>")}}
            <form method="post">
            {{string.Join('\n', lines)}}
            {{total}}
            {{email}}
            <p><label>Card <select name="card">{{Cards()}}</select></label></p>
            <p><button name="press" value="pay">{{word}}</button> <button name="press" value="decline">Decline</button>
            <button name="press" value="leave">Leave</button> <button name="press" value="expire">Expire</button></p>
            {{bank}}
            <p><small>This is a stand-in: no money moves.</small></p>
            </form>
            """;
    }

    private static string Each(JsonObject line) =>
        line["price"]!["recurring"] is JsonObject recurring ? $" every {Page.Text(recurring.Text("interval"))}" : "";

    private static string Cards() => string.Concat(Card.ByName.Select(card =>
        $"<option value=\"{card.Key}\">{card.Value.Brand} …{card.Value.Last4} {card.Key["pm_card_".Length..]}</option>"));

    private static IResult Gone(string sentence) => Page.Show("Checkout", $"<article>{Page.Text(sentence)}</article>");
}
