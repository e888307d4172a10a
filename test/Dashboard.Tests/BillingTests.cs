using Microsoft.Playwright;
using Wopr.Kernel;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class BillingTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Somebody_buys_credits_at_Stripe_and_finds_them_in_every_list()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$0.00");
        await person.PressAsync("Pay $100.00");
        await person.PressAsync("Pay");

        await person.SeesAsync("Your payment is here");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$110.00");
        await Expect(person.Page.Locator(".nav-balance").First).ToHaveTextAsync("$110.00");

        await person.GoAsync("/billing/history");
        await Expect(person.Page.GetByRole(AriaRole.Row, new() { NameString = "Bought credits" })).ToContainTextAsync("+$100.00");
        await person.SeesAsync("+$10.00");
        await person.GoAsync("/billing/history?kind=bonus");
        await Expect(person.Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);

        await person.GoAsync("/billing/invoices");
        await Expect(person.Page.GetByRole(AriaRole.Link, new() { NameString = "PDF of invoice" })).ToBeVisibleAsync();
        await person.SeesAsync("paid");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Who_leaves_the_checkout_or_subscribes_comes_back_too()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing");
        await person.PressAsync("Pay $10.00");
        await person.PressAsync("Leave");
        await person.SeesAsync("Nothing was paid.");
        await person.PressAsync("Subscribe for $5/month");
        await person.PressAsync("Subscribe");
        await person.SeesAsync("Your payment is here");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$5.00");
        await person.SeesAsync("It renews on");
        await Expect(person.Page.GetByRole(AriaRole.Button, new() { Name = "Subscribe for $5/month" })).ToHaveCountAsync(0);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task The_page_waits_for_a_payment_that_is_still_on_its_way()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing?paid=1&from=0");
        await person.SeesAsync("Stripe is telling us of your payment");
        await site.Stripe.PayAsync(site.Platform, await IdAsync(person), 2000, Ct);
        await person.SeesAsync("Your payment is here");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$20.00");
        await Expect(person.Page.Locator(".nav-balance").First).ToHaveTextAsync("$20.00");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Usage_is_listed_by_day_and_model_and_drawn()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing/usage");
        await person.SeesAsync("Nothing was used in these days");
        await SpendAsync(site, await IdAsync(person));

        await person.GoAsync("/billing/usage");
        await person.SeesAsync("gpt-4o-mini");
        await person.SeesAsync("3 estimated");
        await Expect(person.Page.Locator(".chart-bar")).ToHaveCountAsync(20);
        await Expect(person.Page.GetByRole(AriaRole.Img, new() { NameString = "Spent per day" })).ToBeVisibleAsync();
        await person.Page.GetByText("The same as a table").ClickAsync();
        await Expect(person.Page.Locator(".chart-table tbody tr")).ToHaveCountAsync(20);

        await person.GoAsync("/billing/usage?from=2026-02-30&to=2026-03-01");
        await person.SeesAsync("Give a day such as 2026-03-31.");
        await person.GoAsync("/billing/usage?from=2026-03-02&to=2026-03-01");
        await person.SeesAsync("This day comes before the first one.");
        await person.GoAsync("/billing");
        await person.SeesAsync("The last 30 days");
        Assert.Empty(person.Complaints);
    }

    [Theory]
    [InlineData("grace", "Your balance is used up.")]
    [InlineData("suspended", "Your bots are stopped, because the balance is used up.")]
    [InlineData("warned", "Your balance is low.")]
    public async Task Who_stands_badly_is_told_what_to_do(string state, string sentence)
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await StandAsync(site, await IdAsync(person), state);
        await person.GoAsync("/billing");
        await person.SeesAsync(sentence);
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Buy credits" }).ClickAsync();
        await Expect(person.Page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("#buy$"));
    }

    [Fact]
    public async Task What_mails_link_to_leads_to_the_pages()
    {
        foreach (var (old, now) in ((string, string)[])
            [("credits", "/billing"), ("invoices", "/billing/invoices"), ("billing", "/billing/settings")])
        {
            using var answer = await site.Http.GetAsync($"/dashboard/{old}", Ct);
            Assert.Equal(now, answer.Headers.Location?.ToString());
        }
    }

    [Fact]
    public async Task Without_scripts_the_way_to_Stripe_and_back_is_open()
    {
        await using var person = await (await site.VisitAsync(scripts: false)).SignUpAsync();
        await person.GoAsync("/billing");
        await person.PressAsync("Pay $25.00");
        await person.PressAsync("Pay");
        await person.SeesAsync("Your payment is here");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$25.50");
    }

    internal async Task<string> IdAsync(Person person) => await IdAsync(site, person);

    internal static async Task<string> IdAsync(Site site, Person person) => (await new Db(site.Platform.Source).ValueAsync<string>(
        $"select id from auth.user where email = {person.Email}", Ct))!;

    /// <summary>Three weeks of two models.</summary>
    internal static async Task SpendAsync(Site site, string tenant)
    {
        var today = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime);
        var db = new Db(site.Platform.Source);
        for (var ago = 0; ago < 20; ago++)
        {
            var nanos = 1_234_567L * (1 + (ago * 37 % 11)) * (1 + (ago * 13 % 17));
            await db.ExecuteAsync($"""
                insert into credits.usage_day values
                ({tenant}, {today.AddDays(-ago)}, 'chat-completions', 'openrouter', 'gpt-4o-mini', null, {120 + ago}, {(ago == 3 ? 3 : 0)},
                 {54_321 * (ago + 1)}, {9_876}, {nanos}, {nanos}, {nanos}),
                ({tenant}, {today.AddDays(-ago)}, 'tts', 'elevenlabs', 'eleven_turbo_v2_5', null, 2, 0, 300, 0, {nanos / 3}, {nanos / 3}, {nanos / 3})
                """, Ct);
        }
    }

    internal static Task StandAsync(Site site, string tenant, string state)
    {
        var now = TimeProvider.System.GetUtcNow();
        DateTimeOffset? grace = state == "grace" ? now.AddDays(3) : null, end = state == "suspended" ? now.AddDays(29) : null;
        return new Db(site.Platform.Source).ExecuteAsync($"""
            insert into billing.standing (tenant_id, state, since, grace_until, destroy_after, next_at)
            values ({tenant}, {state}, {now}, {grace}::timestamptz, {end}::timestamptz, {now.AddDays(1)})
            on conflict (tenant_id) do update set state = excluded.state, grace_until = excluded.grace_until,
                destroy_after = excluded.destroy_after, next_at = excluded.next_at
            """, Ct);
    }
}
