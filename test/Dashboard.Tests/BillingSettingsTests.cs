using Microsoft.Playwright;
using Wopr.Kernel;

namespace Wopr.Dashboard.Tests;

public sealed class BillingSettingsTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Top_up_needs_a_card_and_starts_again_after_it_was_stopped()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing/settings");
        await person.Page.GetByLabel("When the balance gets low").CheckAsync();
        await TopUp(person).GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await person.SeesAsync("No payment method on file.");
        await Expect(person.Page.GetByLabel("When the balance gets low")).ToBeCheckedAsync();

        await person.PressAsync("Change card or address");
        await person.PressAsync("Use this card");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Return" }).ClickAsync();
        await person.IsAtAsync("/billing/settings");
        await person.SeesAsync("ending in 4242");
        await person.Page.GetByLabel("When the balance gets low").CheckAsync();
        await person.Page.GetByLabel("Falls below").SelectOptionAsync("$10.00");
        await person.FillAsync("At most in a month, in dollars", "ten");
        await TopUp(person).GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await person.SeesAsync("Give dollars such as 100");
        await person.FillAsync("At most in a month, in dollars", "100");
        await TopUp(person).GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await person.SeesAsync("Your top-up settings were saved.");
        await Expect(person.Page.GetByLabel("Falls below")).ToHaveValueAsync("1000");
        await Expect(person.Page.GetByLabel("At most in a month, in dollars")).ToHaveValueAsync("100");

        var tenant = await BillingTests.IdAsync(site, person);
        await new Db(site.Platform.Source).ExecuteAsync($"""
            update billing.top_up set usage_enabled = false, failures = 3, stopped_at = now() where tenant_id = {tenant}
            """, Ct);
        await person.GoAsync("/billing/settings");
        await person.SeesAsync("your card was declined three times in a row");
        await person.PressAsync("Start again");
        await person.SeesAsync("Automatic top-up is on again.");
        await Expect(person.Page.GetByLabel("When the balance gets low")).ToBeCheckedAsync();
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Limits_are_kept_as_typed_and_wrong_ones_are_told_beside_their_field()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing/settings");
        var day = person.Page.GetByRole(AriaRole.Group, new() { Name = "In a day" });
        await day.GetByLabel("Stop at, in dollars").FillAsync("a lot");
        await person.PressAsync("Save limits");
        await Expect(person.Page.GetByRole(AriaRole.Group, new() { Name = "In a day" }).GetByLabel("Stop at, in dollars"))
            .ToHaveAccessibleDescriptionAsync("Give dollars such as 20 or 20.50.");

        await day.GetByLabel("Stop at, in dollars").FillAsync("12.50");
        await person.Page.GetByLabel("Capability").FillAsync("Text Gen!");
        await person.Page.GetByLabel("Stop at", new() { Exact = true }).FillAsync("3");
        await person.PressAsync("Save limits");
        await person.SeesAsync("Name up to 50 capabilities in small letters");
        await person.Page.GetByLabel("Capability").FillAsync("text-gen");
        await person.PressAsync("Save limits");
        await person.SeesAsync("Your limits were saved.");
        await Expect(day.GetByLabel("Stop at, in dollars")).ToHaveValueAsync("12.50");
        var line = person.Page.GetByRole(AriaRole.Group, new() { Name = "text-gen" });
        await Expect(line.GetByLabel("Stop at")).ToHaveValueAsync("3");

        await line.GetByLabel("Capability").FillAsync("");
        await line.GetByLabel("Stop at").FillAsync("");
        await person.PressAsync("Save limits");
        await Expect(line).ToHaveCountAsync(0);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_webhook_is_added_tested_given_a_new_secret_and_deleted_after_asking()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/billing/webhooks");
        await person.SeesAsync("No webhooks yet");
        await person.FillAsync("Address", "ftp://example.com");
        await person.PressAsync("Add webhook");
        await person.SeesAsync("A webhook's address begins with https://");
        await person.FillAsync("Address", $"{site.Address}/nothing-here");
        await person.PressAsync("Add webhook");
        var secret = await person.Page.Locator("#secret").InnerTextAsync();
        Assert.NotEmpty(secret);
        await Expect(person.Page.GetByRole(AriaRole.Button, new() { Name = "Copy" })).ToBeVisibleAsync();
        await person.GoAsync("/billing/webhooks");
        Assert.DoesNotContain(secret, await person.Page.ContentAsync(), StringComparison.Ordinal);

        await person.Page.GetByRole(AriaRole.Link, new() { NameString = "/nothing-here" }).ClickAsync();
        await person.SeesAsync("Nothing was sent yet");
        await person.PressAsync("Send a test");
        await person.SeesAsync("A test event is on its way.");
        await person.SeesAsync("webhook.test");
        await Expect(async () =>
        {
            await person.Page.GetByRole(AriaRole.Link, new() { Name = "Refresh" }).ClickAsync();
            return await person.Page.GetByText(" ms").CountAsync() > 0;
        });
        await person.PressAsync("Send again: A test");
        await person.SeesAsync("The event is sent again.");
        await person.PressAsync("Make a new secret");
        await person.SeesAsync("The new secret");
        Assert.NotEqual(secret, await person.Page.Locator("#secret").InnerTextAsync());

        await person.Page.GetByText("Delete this webhook").ClickAsync();
        await person.PressAsync("Yes, delete it");
        await person.SeesAsync("The webhook was deleted.");
        await person.SeesAsync("No webhooks yet");
        Assert.Empty(person.Complaints);
    }

    private static ILocator TopUp(Person person) => person.Page.GetByRole(AriaRole.Region, new() { Name = "Automatic top-up" });

    private static async Task Expect(Func<Task<bool>> isTrue)
    {
        for (var tries = 0; tries < 40; tries++)
        {
            if (await isTrue()) { return; }
            await Task.Delay(500, Ct);
        }
        Assert.Fail("It did not become true.");
    }

    private static ILocatorAssertions Expect(ILocator locator) => Assertions.Expect(locator);
}
