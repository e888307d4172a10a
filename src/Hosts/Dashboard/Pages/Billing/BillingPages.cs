using System.Globalization;
using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Billing;

/// <summary>The money of whoever is signed in: what there is, how more is bought, and where it went.</summary>
internal static class BillingPages
{
    private const string StripePages = "checkout.stripe.com";
    private const string StripeApi = "api.stripe.com";
    private const int ChartDays = 30;
    private const int LooksMax = 60;

    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        var pages = routes.MapGroup("/billing").AddEndpointFilter<SignedInOnly>();
        pages.MapGet("", (Visit visit, TimeProvider time, string? paid, string? from, CancellationToken ct) =>
            ShowAsync(visit, time, Form.Empty, paid is null ? null : Arrival.Of(from, looks: 0), ct));
        pages.MapGet("/arrival", ArrivalAsync);
        pages.MapPost("/checkout", CheckoutAsync);
        pages.MapPost("/portal", PortalAsync);
        pages.MapGet("/invoices", async (Visit visit, CancellationToken ct) =>
            Page.Show<InvoicesPage>(new { Invoices = await visit.Platform.Billing.InvoicesAsync(ct) }));
        pages.MapSpending();
        pages.MapSettings();
        pages.MapWebhooks();
        pages.MapGet("/{**rest}", () => Troubles.NotFound());

        // Mails and Stripe know these names.
        routes.MapGet("/dashboard/credits", () => Page.Go("/billing"));
        routes.MapGet("/dashboard/invoices", () => Page.Go("/billing/invoices"));
        routes.MapGet("/dashboard/billing", () => Page.Go("/billing/settings"));
    }

    private static async Task<IResult> ShowAsync(Visit visit, TimeProvider time, Form form, Arrival? arrival, CancellationToken ct)
    {
        var billing = visit.Platform.Billing;
        if (!(await billing.FundsAsync(ct)).Succeeded(out var funds, out var problem)) { return Troubles.Of(problem); }
        if (!(await billing.StandingAsync(ct)).Succeeded(out var standing, out problem)) { return Troubles.Of(problem); }
        var today = Today(time);
        var from = today.AddDays(1 - ChartDays);
        var days = (await billing.DaysAsync(from, today, ct)).Value?.Days ?? [];
        return Page.Show<BalancePage>(new
        {
            Funds = funds,
            Standing = standing,
            Arrival = arrival,
            Packs = (await billing.PacksAsync(ct)).Value ?? [],
            Plan = (await billing.PlansAsync(ct)).Value?.FirstOrDefault(plan => plan.PriceId is not null),
            Subscription = (await billing.SubscriptionAsync(ct)).Value,
            Days = days,
            From = from,
            To = today,
            Form = form,
        }, form);
    }

    /// <summary>The part of the page that looks whether the payment is here.</summary>
    private static async Task<IResult> ArrivalAsync(Visit visit, string? from, string? looks, CancellationToken ct)
    {
        var count = int.TryParse(looks, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? Math.Min(number, LooksMax) : 0;
        return (await visit.Platform.Billing.FundsAsync(ct)).Succeeded(out var funds, out var problem)
            ? Page.Show<BalanceCard>(new { Funds = funds, Arrival = Arrival.Of(from, count + 1), IsPart = true })
            : Troubles.Of(problem);
    }

    private static async Task<IResult> CheckoutAsync(
        HttpRequest request, Visit visit, TimeProvider time, DashboardOptions options, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var before = (await visit.Platform.Billing.FundsAsync(ct)).Value?.BalanceNanos ?? 0;
        var outcome = await visit.Platform.Billing.CheckoutAsync(form["price"],
            string.Create(CultureInfo.InvariantCulture, $"{options.Origin}/billing?paid=1&from={before}"),
            $"{options.Origin}/billing?done=payment-stopped", ct);
        if (Leave(outcome, form, options, "Stripe, where you pay") is { } leave) { return leave; }
        return await ShowAsync(visit, time, form, arrival: null, ct);
    }

    private static async Task<IResult> PortalAsync(
        HttpRequest request, Visit visit, TimeProvider time, DashboardOptions options, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var isSettings = form["back"] == "settings";
        var outcome = await visit.Platform.Billing.PortalAsync(options.Origin + (isSettings ? "/billing/settings" : "/billing"), ct);
        if (Leave(outcome, form, options, "Stripe, where your card and subscription are kept") is { } leave) { return leave; }
        return isSettings ? await SettingsPages.ShowAsync(visit, form, "card", ct) : await ShowAsync(visit, time, form, arrival: null, ct);
    }

    // A redirect would fall under form-action, which knows only ourselves.
    private static IResult? Leave(Result<HostedPage> outcome, Form form, DashboardOptions options, string where)
    {
        if (outcome.Succeeded(out var hosted, out var problem))
        {
            if (Uri.TryCreate(hosted.Url, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            {
                return Page.Show<LeavePage>(new { Url = Played(url, options).AbsoluteUri, Where = where });
            }
            problem = new(ProblemKind.Unavailable, "billing.no_page", "Stripe gave no page to go to. Try again in a moment.");
        }
        form.Refuse(problem);
        return null;
    }

    // The sandbox says where Stripe's page would be, and has it itself.
    private static Uri Played(Uri url, DashboardOptions options) =>
        url.Host == StripePages && options.StripeApiBase.Host != StripeApi ? new(options.StripeApiBase, url.PathAndQuery) : url;

    internal static DateOnly Today(TimeProvider time) => DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
}

/// <summary>A payment on its way.</summary>
/// <param name="From">The balance before it, in nano-dollars; null when nobody said.</param>
/// <param name="Looks">How often was looked already.</param>
public sealed record Arrival(long? From, int Looks)
{
    private const int Patience = 45;

    public bool IsLate => Looks > Patience;

    internal static Arrival Of(string? from, int looks) => new(
        long.TryParse(from, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var nanos) ? nanos : null, looks);

    public bool IsHere(Funds funds) => From is null || funds.BalanceNanos > From;
}
