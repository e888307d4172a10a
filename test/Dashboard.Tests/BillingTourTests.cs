using Microsoft.Playwright;

namespace Wopr.Dashboard.Tests;

/// <summary>The pages about money, for people who want to look; see <see cref="TourTests"/>.</summary>
public sealed class BillingTourTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory(Explicit = true)]
    [InlineData(360, false)]
    [InlineData(360, true)]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    public async Task Every_page_about_money_looks_as_it_should(int width, bool dark)
    {
        await using var person = await site.VisitAsync(width, dark);
        var label = $"{width}-{(dark ? "dark" : "light")}";
        await person.SignUpAsync();
        await SeeAsync(person, label + "-empty");
        var tenant = await BillingTests.IdAsync(site, person);
        await person.GoAsync("/billing");
        await person.PressAsync("Pay $25.00");
        await person.PressAsync("Pay");
        await person.SeesAsync("Your payment is here");
        await person.LookAsync($"{label}-paid");
        await BillingTests.SpendAsync(site, tenant);
        await BillingTests.StandAsync(site, tenant, "grace");
        await person.GoAsync("/billing/webhooks");
        await person.FillAsync("Address", $"{site.Address}/programs/of-ours/wopr?kind=all");
        await person.PressAsync("Add webhook");
        await person.SeesAsync("The secret of your new webhook");
        await person.LookAsync($"{label}-webhook-made");
        await person.Page.GetByRole(AriaRole.Link, new() { NameString = "/programs" }).ClickAsync();
        await person.PressAsync("Send a test");
        await person.SeesAsync("A test event is on its way.");
        await person.LookAsync($"{label}-webhook");
        await SeeAsync(person, label);
        await site.Stripe.PayAsync(site.Platform, null, 1999, Ct);
        await AdminTests.PromoteAsync(site, person);
        foreach (var path in (string[])["credits", $"credits/{tenant}", "payments"])
        {
            await person.GoAsync($"/admin/{path}");
            await person.LookAsync($"{label}-admin-{path.Split('/')[0]}{(path.Contains('/', StringComparison.Ordinal) ? "-tenant" : "")}");
        }
    }

    private static async Task SeeAsync(Person person, string label)
    {
        foreach (var path in (string[])["", "/history", "/usage", "/invoices", "/settings", "/webhooks"])
        {
            await person.GoAsync($"/billing{path}");
            await person.LookAsync($"{label}-billing{path.Replace('/', '-')}");
        }
    }
}
