using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class AccountTests(Site site)
{
    [Fact]
    public async Task A_new_name_is_shown_everywhere()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/account");
        await person.FillAsync("Name", "Grace Hopper");
        await person.PressAsync("Save");

        await person.SeesAsync("Your name was saved.");
        await person.GoAsync("/");
        await person.SeesAsync("Hello, Grace Hopper");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task The_password_can_be_changed()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/account");
        await person.FillAsync("Current password", "Wrongpass1");
        await person.FillAsync("New password", "Testpass2");
        await person.PressAsync("Change password");
        await Expect(person.Page.GetByLabel("Current password")).ToHaveAccessibleDescriptionAsync("That is not your current password.");
        await Expect(person.Page.GetByLabel("New password")).ToHaveValueAsync("");

        await person.FillAsync("Current password", Person.Password);
        await person.FillAsync("New password", "Testpass2");
        await person.PressAsync("Change password");
        await person.SeesAsync("Your password was changed.");

        await person.PressAsync("Sign out");
        await person.SeesAsync("You are signed out.");
        await person.SignInAsync(person.Email, "Testpass2");
        await person.IsAtAsync("/");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Another_session_can_be_ended()
    {
        await using var here = await (await site.VisitAsync()).SignUpAsync();
        await using var there = await site.VisitAsync();
        await there.SignInAsync(here.Email, Person.Password);
        await there.IsAtAsync("/");

        await here.GoAsync("/account");
        await Expect(here.Page.GetByText("Chrome on Linux")).ToHaveCountAsync(2);
        await here.Page.GetByRole(AriaRole.Button, new() { Name = "End the session on" }).ClickAsync();
        await here.SeesAsync("That session was ended.");
        await Expect(here.Page.GetByText("Chrome on Linux")).ToHaveCountAsync(1);

        await there.GoAsync("/account");
        await there.IsAtAsync("/login?next=%2Faccount");
        Assert.Empty(here.Complaints);
    }

    [Fact]
    public async Task One_can_sign_out_everywhere_else()
    {
        await using var here = await (await site.VisitAsync()).SignUpAsync();
        await using var there = await site.VisitAsync();
        await there.SignInAsync(here.Email, Person.Password);
        await there.IsAtAsync("/");

        await here.GoAsync("/account");
        await here.PressAsync("Sign out everywhere else");
        await here.SeesAsync("You are signed out everywhere else.");

        await there.GoAsync("/account");
        await there.IsAtAsync("/login?next=%2Faccount");
        await here.GoAsync("/account");
        await here.IsAtAsync("/account");
    }

    [Fact]
    public async Task A_name_is_shown_as_text_whatever_it_says()
    {
        await using var person = await site.VisitAsync();
        person.Name = "<img src=x onerror=alert(1)>";
        await person.SignUpAsync();

        await person.SeesAsync("Hello, <img src=x onerror=alert(1)>");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task An_account_can_be_marked_for_deletion_and_kept_after_all()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/account");
        var region = person.Page.GetByRole(AriaRole.Region, new() { Name = "Delete the account" });
        await region.GetByLabel("Type DELETE MY ACCOUNT").FillAsync("DELETE MY ACCOUNT");
        await region.GetByLabel("Your password").FillAsync("Wrongpass1");
        await person.PressAsync("Delete my account");
        await Expect(region.GetByLabel("Your password")).ToHaveAccessibleDescriptionAsync("That is not your current password.");

        await region.GetByLabel("Your password").FillAsync(Person.Password);
        await person.PressAsync("Delete my account");
        await person.SeesAsync("Your account is marked for deletion.");
        await person.PressAsync("Keep my account");
        await person.SeesAsync("Your account stays.");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task One_can_take_all_of_ones_data_along()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/account");
        var download =
            await person.Page.RunAndWaitForDownloadAsync(() => person.Page.GetByText("Download my data").ClickAsync());
        await using var stream = await download.CreateReadStreamAsync();
        using var reader = new StreamReader(stream);

        Assert.EndsWith(".json", download.SuggestedFilename, StringComparison.Ordinal);
        Assert.Contains(person.Email, await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
