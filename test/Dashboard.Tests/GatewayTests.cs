using Microsoft.Playwright;
using Wopr.Kernel;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class GatewayTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_shown_once_with_examples_and_can_be_changed_and_revoked()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Gateway", Exact = true }).First.ClickAsync();
        await person.SeesAsync("No keys yet");
        await person.PressAsync("Create key");
        await Expect(person.Page.GetByLabel("Name", new() { Exact = true })).ToHaveAccessibleDescriptionAsync("Say what the key is for.");

        await person.FillAsync("Name", "Nightly report");
        await person.FillAsync("Models", "openai/gpt-4o-mini, anthropic/claude-sonnet-4.5");
        await person.FillAsync("Requests a minute", "60");
        await person.FillAsync("Dollars a day", "2.50");
        await person.PressAsync("Create key");
        var secret = await person.Page.Locator("#secret").InnerTextAsync();
        Assert.Matches("^wopr_sk_[A-Za-z0-9]{40}$", secret);
        await Expect(person.Page.Locator("#curl")).ToContainTextAsync($"{site.Platform.Address}/v1/chat/completions");
        await Expect(person.Page.Locator("#curl")).ToContainTextAsync(secret);
        await Expect(person.Page.Locator("#openai")).ToContainTextAsync($"base_url=\"{site.Platform.Address}/v1\"");
        await Expect(person.Page.Locator("#openai")).ToContainTextAsync("openai/gpt-4o-mini");
        await Expect(person.Page.Locator("[data-copy=secret]")).ToBeVisibleAsync();

        await person.GoAsync("/gateway");
        Assert.DoesNotContain(secret, await person.Page.ContentAsync(), StringComparison.Ordinal);
        await person.SeesAsync("60 requests a minute");
        await person.SeesAsync("$2.50 a day");
        await person.SeesAsync(secret[^4..]);

        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Change or revoke Nightly report" }).ClickAsync();
        await Expect(person.Page.GetByLabel("Models", new() { Exact = true })).ToHaveValueAsync("openai/gpt-4o-mini, anthropic/claude-sonnet-4.5");
        await person.FillAsync("Models", "no!");
        await person.PressAsync("Save");
        await person.SeesAsync("models as callers name them");
        await person.FillAsync("Models", "");
        await person.FillAsync("Requests a minute", "");
        await person.FillAsync("Dollars a day", "many");
        await person.PressAsync("Save");
        await person.SeesAsync("Give dollars such as 5 or 0.50.");
        await person.FillAsync("Dollars a day", "3");
        await person.PressAsync("Save");
        await person.SeesAsync("The key was changed.");
        await person.SeesAsync("$3 a day");
        await person.SeesAsync("All models");

        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Change or revoke Nightly report" }).ClickAsync();
        await person.Page.GetByText("Revoke this key").ClickAsync();
        await person.PressAsync("Yes, revoke it");
        await person.SeesAsync("The key was revoked.");
        await person.SeesAsync("No keys yet");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_key_of_somebody_else_is_not_there()
    {
        await using var owner = await (await site.VisitAsync()).SignUpAsync();
        await owner.GoAsync("/gateway");
        await owner.FillAsync("Name", "Mine alone");
        await owner.PressAsync("Create key");
        await owner.SeesAsync("Your new key");
        await owner.GoAsync("/gateway");
        var path = await owner.Page.GetByRole(AriaRole.Link, new() { Name = "Change or revoke Mine alone" }).GetAttributeAsync("href");

        await using var other = await (await site.VisitAsync()).SignUpAsync();
        await other.GoAsync(path!);
        await Expect(other.Page.GetByText("Mine alone")).ToHaveCountAsync(0);
        await Expect(other.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).Not.ToHaveTextAsync("Mine alone");
    }

    [Fact]
    public async Task Without_scripts_a_key_can_be_made_and_revoked()
    {
        await using var person = await (await site.VisitAsync(scripts: false)).SignUpAsync();
        await person.GoAsync("/gateway");
        await person.FillAsync("Name", "Plain");
        await person.PressAsync("Create key");
        await person.SeesAsync("Your new key");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Change or revoke Plain" }).ClickAsync();
        await person.Page.GetByText("Revoke this key").ClickAsync();
        await person.PressAsync("Yes, revoke it");
        await person.SeesAsync("No keys yet");
    }

    [Fact]
    public async Task What_models_cost_is_drawn_and_listed_without_the_days_of_bots()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var tenant = await BillingTests.IdAsync(site, person);
        await BillingTests.SpendAsync(site, tenant);
        await new Db(site.Platform.Source).ExecuteAsync($"""
            insert into credits.entry (tenant_id, reference, kind, from_account, to_account, nanos)
            values ({tenant}, {"bonus:" + tenant}, 'bonus', 'grants', 'tenant', 5000000000),
                   ({tenant}, {"runtime:" + tenant}, 'runtime', 'tenant', 'runtime_revenue', 5000000000)
            """, Ct);
        await person.GoAsync("/gateway");
        await Expect(person.Page.Locator(".chart-bar")).ToHaveCountAsync(20);
        await Expect(person.Page.GetByRole(AriaRole.Row, new() { NameString = "gpt-4o-mini" }).First).ToContainTextAsync("openrouter");
        await Expect(person.Page.GetByText("Bots running")).ToHaveCountAsync(0);
        await person.Page.GetByText("Day by day").ClickAsync();
        await Expect(person.Page.Locator("table.all tbody tr")).ToHaveCountAsync(40);
        Assert.Empty(person.Complaints);
    }

    /// <summary>For people who want to look; see <see cref="TourTests"/>.</summary>
    [Theory(Explicit = true)]
    [InlineData(360, false)]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    [InlineData(800, false)]
    public async Task The_pages_of_the_gateway_look_as_they_should(int width, bool dark)
    {
        await using var person = await (await site.VisitAsync(width, dark)).SignUpAsync();
        var label = $"{width}-{(dark ? "dark" : "light")}-gateway";
        await person.GoAsync("/gateway");
        await person.LookAsync($"{label}-empty");
        await BillingTests.SpendAsync(site, await BillingTests.IdAsync(site, person));
        foreach (var (name, models, requests, daily, monthly) in ((string, string, string, string, string)[])
            [("Nightly report", "openai/gpt-4o-mini, anthropic/claude-sonnet-4.5, openai/gpt-4o, meta/llama-3.3-70b", "60", "2.50", "40"),
                ("Support desk of the whole company, second floor", "", "", "", "100"), ("Playground", "", "", "", "")])
        {
            await person.FillAsync("Name", name);
            await person.FillAsync("Models", models);
            await person.FillAsync("Requests a minute", requests);
            await person.FillAsync("Dollars a day", daily);
            await person.FillAsync("Dollars a month", monthly);
            await person.PressAsync("Create key");
            await Expect(person.Page.GetByRole(AriaRole.Row, new() { NameString = name })).ToBeVisibleAsync();
        }
        await new Db(site.Platform.Source).ExecuteAsync($"""
            insert into gateway.key_count (key_id, what, starts_at, count)
            select id, w, date_trunc(w, now(), 'UTC'), case w when 'day' then 1234567890 else 23456789012 end
            from gateway.key, unnest(array['day', 'month']) w where name like 'Nightly%' on conflict do nothing
            """, Ct);
        await person.GoAsync("/gateway");
        await person.FillAsync("Name", "One more");
        await person.PressAsync("Create key");
        await Expect(person.Page.GetByRole(AriaRole.Row, new() { NameString = "One more" })).ToBeVisibleAsync();
        await person.LookAsync($"{label}");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Change or revoke Nightly report" }).ClickAsync();
        await person.Page.GetByText("Revoke this key").ClickAsync();
        await person.LookAsync($"{label}-key");
    }
}
