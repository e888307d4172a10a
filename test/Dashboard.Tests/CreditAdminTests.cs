using Microsoft.Playwright;
using Wopr.Kernel;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class CreditAdminTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_but_an_operator_sees_or_moves_money_of_others()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var own = await BillingTests.IdAsync(site, person);
        foreach (var path in (string[])["/admin/credits", $"/admin/credits/{own}", $"/admin/credits?tenant={own}", "/admin/payments"])
        {
            await person.GoAsync(path);
            await person.SeesAsync("You may not see this");
        }
        var cookies = string.Join("; ", (await person.Page.Context.CookiesAsync()).Select(cookie => $"{cookie.Name}={cookie.Value}"));
        foreach (var path in (string[])
            [$"/admin/credits/{own}/grant", $"/admin/credits/{own}/adjust", "/admin/credits/reconcile", "/admin/payments/evt_1/retry"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path)
            {
                Content = new FormUrlEncodedContent([new("amount", "5"), new("reason", "me"), new("reference", "x")]),
            };
            request.Headers.Add("Cookie", cookies);
            request.Headers.Add("Sec-Fetch-Site", "same-origin");
            using var answer = await site.Http.SendAsync(request, Ct);
            Assert.Equal(System.Net.HttpStatusCode.Forbidden, answer.StatusCode);
        }
        await person.GoAsync("/billing");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$0.00");
    }

    [Fact]
    public async Task An_operator_gives_corrects_and_freezes_and_the_tenant_sees_it()
    {
        await using var somebody = await (await site.VisitAsync()).SignUpAsync();
        var tenant = await BillingTests.IdAsync(site, somebody);
        await using var person = await AdminTests.OperatorAsync(site);
        await person.GoAsync("/admin/credits");
        await person.FillAsync("Tenant's id", "nobody");
        await person.PressAsync("Show");
        await person.SeesAsync("There is no such tenant.");
        await person.FillAsync("Tenant's id", tenant);
        await person.PressAsync("Show");

        var grant = person.Page.GetByRole(AriaRole.Region, new() { Name = "Give credits" });
        await grant.GetByLabel("Dollars").FillAsync("7.50");
        await person.PressAsync("Give credits");
        await person.SeesAsync("Say why; it goes on the record.");
        await grant.GetByLabel("Why").FillAsync("A welcome");
        await person.PressAsync("Give credits");
        await person.SeesAsync("The credits were given.");
        await Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("$7.50");

        var adjust = person.Page.GetByRole(AriaRole.Region, new() { Name = "Correct the balance" });
        await adjust.GetByLabel("Dollars").FillAsync("-100");
        await adjust.GetByLabel("Why").FillAsync("Counted twice");
        await person.PressAsync("Correct the balance");
        await person.SeesAsync("The balance does not hold that much.");
        await adjust.GetByLabel("Dollars").FillAsync("-2.50");
        await person.PressAsync("Correct the balance");
        await person.SeesAsync("The balance was adjusted.");
        await Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("$5.00");

        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Freeze" }).GetByLabel("Why").FillAsync("Stolen card");
        await person.PressAsync("Freeze the money");
        await person.SeesAsync("The money is frozen.");
        await somebody.GoAsync("/billing");
        await somebody.SeesAsync("Your money is frozen.");
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Lift the freeze" }).GetByLabel("Why").FillAsync("It was not");
        await person.PressAsync("Lift the freeze");
        await person.SeesAsync("The money can be used again.");
        await somebody.GoAsync("/billing/history");
        await somebody.SeesAsync("A welcome");
        await somebody.SeesAsync("−$2.50");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task An_operator_settles_stray_payments_refunds_and_reconciles()
    {
        await using var somebody = await (await site.VisitAsync()).SignUpAsync();
        var tenant = await BillingTests.IdAsync(site, somebody);
        await using var person = await AdminTests.OperatorAsync(site);
        await site.Stripe.PayAsync(site.Platform, tenant: null, 4321, Ct);
        await site.Stripe.PayAsync(site.Platform, tenant: null, 1111, Ct);

        await person.GoAsync("/admin/payments");
        var first = person.Page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "$43.21" });
        await first.GetByRole(AriaRole.Button, new() { NameString = "Try" }).ClickAsync();
        await person.SeesAsync("The event still cannot be applied: it names no tenant.");
        await first.GetByLabel("It was paid by tenant").FillAsync(tenant);
        await first.GetByRole(AriaRole.Button, new() { Name = "Assign" }).ClickAsync();
        await person.SeesAsync("The payment was applied.");
        var second = person.Page.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "$11.11" });
        await second.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await person.SeesAsync("Give a reason of 1 to 500 characters");
        await second.GetByLabel("Needs nothing, because").FillAsync("A test of ours");
        await second.GetByRole(AriaRole.Button, new() { Name = "Dismiss" }).ClickAsync();
        await person.SeesAsync("The event was dismissed.");
        await Expect(second).ToHaveCountAsync(0);
        await somebody.GoAsync("/billing");
        await Expect(somebody.Page.GetByTestId("balance")).ToHaveTextAsync("$43.21");

        await somebody.PressAsync("Pay $10.00");
        await somebody.PressAsync("Pay");
        await somebody.SeesAsync("Your payment is here");
        var reference = await new Db(site.Platform.Source).ValueAsync<string>(
            $"select reference from billing.payment where tenant_id = {tenant} and cents = 1000", Ct);
        await person.GoAsync($"/admin/payments?tenant={tenant}");
        await person.FillAsync("Payment", reference!);
        await person.FillAsync("Dollars", "4");
        await person.Page.GetByLabel("Why").FillAsync("Asked for it");
        await person.PressAsync("Refund");
        await person.SeesAsync("Stripe took the refund.");
        await somebody.GoAsync("/billing?paid=1&from=99999999999999");
        await Expect(somebody.Page.GetByTestId("balance")).ToHaveTextAsync("$49.21");

        await person.GoAsync("/admin/credits");
        await person.PressAsync("Reconcile now");
        await person.SeesAsync("No differences.");
        Assert.Empty(person.Complaints);
    }
}
