using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

internal sealed record DeclineRequest(string? Code);

internal sealed record DisputeRequest(string? Reason, long? Amount);

internal sealed record CloseRequest(string? Status);

/// <summary>What Stripe does not have: triggers, faults on demand, what was delivered, and a page with all of it.</summary>
internal sealed class Controls(
    Account account, StripeApi api, Triggers triggers, Methods methods, Disputes disputes, Checkout checkout)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        var deliveries = account.Deliveries;
        routes.MapGet("/stripe", Index);
        routes.MapGet("/stripe/deliveries", () => new { deliveries.Settings, Attempts = deliveries.NewestFirst() });
        routes.MapPost("/stripe/deliveries/settings", (DeliverySettings settings) =>
        {
            if (settings.Fault() is { } fault) { return Results.BadRequest(new { error = fault }); }
            deliveries.Settings = settings;
            return Results.Ok(settings);
        });
        routes.MapPost("/stripe/deliveries/{id}/resend", (string id) => Run(() =>
        {
            var told = account.Need(Kind.Event, id);
            deliveries.Send(told);
            return new { told = id };
        }));
        routes.MapPost("/stripe/trigger", (TriggerRequest trigger, HttpRequest request) => Run(() =>
        {
            account.Address = $"{request.Scheme}://{request.Host}";
            return triggers.Run(trigger);
        }));
        routes.MapPost("/stripe/api/settings", (ApiFaults faults) => api.Faults = faults);
        routes.MapPost("/stripe/customers/{id}/decline", (string id, DeclineRequest decline) => Run(() =>
        {
            account.Need(Kind.Customer, id);
            if (decline.Code is { Length: > 0 } && Decline.Named(decline.Code) is null)
            {
                throw StripeRefusal.Invalid($"There is no decline code {decline.Code}.", "code");
            }
            methods.Switch(id, Decline.Named(decline.Code));
            return decline;
        }));
        routes.MapPost("/stripe/charges/{id}/dispute", (string id, DisputeRequest dispute) => Run(() =>
        {
            var charge = account.Need(Kind.Charge, id);
            var rest = charge.Cents("amount_captured") - charge.Cents("amount_refunded");
            return disputes.Open(charge, dispute.Reason ?? "fraudulent", dispute.Amount ?? rest);
        }));
        routes.MapPost("/stripe/disputes/{id}/close", (string id, CloseRequest close) =>
            Run(() => disputes.Close(id, close.Status == "won")));
    }

    private IResult Run(Func<object> work)
    {
        lock (account.Gate)
        {
            try
            {
                var done = work();
                return done is JsonObject thing ? Results.Text(StripeJson.Write(thing), "application/json") : Results.Ok(done);
            }
            catch (StripeRefusal refusal)
            {
                return Results.Json(new { error = refusal.Message }, statusCode: refusal.Status);
            }
        }
    }

    private IResult Index()
    {
        lock (account.Gate)
        {
            checkout.Sweep();
            var open = account.NewestFirst(Kind.Session).Where(session => session.Text("status") == "open").Take(50);
            var sessions = open.Select(session =>
                $"<p><a href=\"/c/pay/{session.Id()}\">{Page.Text(session.Text("mode"))} "
                + $"{CheckoutPage.Money((long?)session["amount_total"], session.Text("currency"))}</a> "
                + $"<small>{Page.Text(session.Text("client_reference_id") ?? session.Text("customer"))}</small></p>");
            var portals = account.NewestFirst(Kind.Portal).Take(10).Select(portal =>
                $"<p><a href=\"/p/session/{portal.Id()}\">{Page.Text(portal.Text("customer"))}</a></p>");
            var attempts = account.Deliveries.NewestFirst().Take(50).Select(attempt =>
                $"<p>{Page.Text(attempt.Type)} <small>{Page.Text(attempt.State)} {attempt.Status} {Page.Text(attempt.Error)} "
                + $"{Page.Text(attempt.Event)}</small></p>");
            return Page.Show("The pretended Stripe", $"""
                <article><h2>Open checkouts</h2>{Or(sessions)}</article>
                <article><h2>Portals</h2>{Or(portals)}</article>
                <article><h2>Webhooks</h2>{Or(attempts)}<p><small><a href="/stripe/deliveries">All of them</a></small></p></article>
                """);
        }
    }

    private static string Or(IEnumerable<string> items) => string.Concat(items) is { Length: > 0 } text ? text : "<p>None.</p>";
}
