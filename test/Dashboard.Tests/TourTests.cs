using Microsoft.Playwright;
using Wopr.Kernel;

namespace Wopr.Dashboard.Tests;

/// <summary>
/// Every page with something on it, in both themes and two widths, for people who want to look:
/// <c>SCREENSHOTS=/tmp/shots dotnet run --project test/Dashboard.Tests -- -explicit only</c>.
/// </summary>
public sealed class TourTests(Site site)
{
    [Theory(Explicit = true)]
    [InlineData(360, false)]
    [InlineData(360, true)]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    public async Task Every_page_looks_as_it_should(int width, bool dark)
    {
        await using var person = await site.VisitAsync(width, dark);
        var label = $"{width}-{(dark ? "dark" : "light")}";
        foreach (var path in (string[])["/", "/signup", "/login", "/forgot-password", "/two-factor", "/auth/verify?status=success"])
        {
            await person.GoAsync(path);
            await person.LookAsync($"{label}-visitor-{path.Trim('/').Split('?')[0].Replace('/', '-')}");
        }
        await person.SignInAsync("nobody@example.com", "wrong");
        await person.SeesAsync("do not belong together");
        await person.LookAsync($"{label}-login-refused");
        await person.SignUpAsync();
        await person.LookAsync($"{label}-overview");
        await OrganizationAsync(person, label);
        await TokensAsync(person, label);
        await AccountAsync(person, label);
        await AdminAsync(person, label);
    }

    private static async Task OrganizationAsync(Person person, string label)
    {
        await person.GoAsync("/organization");
        await person.LookAsync($"{label}-organization-none");
        await person.FillAsync("Name", "Acme Robotics");
        await person.PressAsync("Create organisation");
        await person.SeesAsync("The organisation was created.");
        await person.FillAsync("E-mail", "grace.hopper@example.com");
        await person.PressAsync("Send invitation");
        await person.SeesAsync("The invitation was sent.");
        await person.LookAsync($"{label}-organization");
        await person.GoAsync("/invitations/made-up");
        await person.LookAsync($"{label}-invitation");
    }

    private static async Task TokensAsync(Person person, string label)
    {
        await person.GoAsync("/tokens");
        await person.FillAsync("Name", "Nightly report");
        await person.PressAsync("Create token");
        await person.SeesAsync("Your new token");
        await person.LookAsync($"{label}-tokens");
    }

    private static async Task AccountAsync(Person person, string label)
    {
        await person.GoAsync("/account");
        await person.LookAsync($"{label}-account");
        await person.FillAsync("Current password", "wrong");
        await person.FillAsync("New password", "Testpass2");
        await person.PressAsync("Change password");
        await person.SeesAsync("That is not your current password.");
        await person.Page.GetByRole(AriaRole.Region, new() { Name = "Two-factor sign-in" }).GetByLabel("Your password")
            .FillAsync(Person.Password);
        await person.PressAsync("Set up");
        await person.SeesAsync("Scan this");
        await person.LookAsync($"{label}-two-factor-setup");
    }

    private async Task AdminAsync(Person person, string label)
    {
        await new Db(site.Platform.Source).ExecuteAsync(
            $"update auth.user set platform_role = 'platform_admin' where email = {person.Email}", TestContext.Current.CancellationToken);
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        await person.GoAsync("/admin");
        await person.LookAsync($"{label}-admin");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Ada Lovelace" }).Last.ClickAsync();
        await person.SeesAsync("What the person has set up.");
        await person.LookAsync($"{label}-admin-user");
        await person.GoAsync("/admin/audit");
        await person.LookAsync($"{label}-admin-audit");
    }
}
