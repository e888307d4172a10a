using Wopr.Kernel;

namespace Wopr.Dashboard.Tests;

public sealed class AdminTests(Site site)
{
    [Fact]
    public async Task Nobody_but_an_operator_sees_the_admin_pages()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/admin");
        await person.SeesAsync("You may not see this");
        await person.GoAsync("/admin/audit");
        await person.SeesAsync("You may not see this");
    }

    [Fact]
    public async Task An_operator_finds_people_suspends_them_and_looks_through_their_eyes()
    {
        await using var somebody = await site.VisitAsync();
        somebody.Name = "Margaret Hamilton";
        await somebody.SignUpAsync();
        await using var person = await OperatorAsync(site);

        await person.GoAsync("/admin");
        await person.FillAsync("Find people by name, e-mail or id", somebody.Email);
        await person.PressAsync("Search");
        await person.Page.GetByText("Margaret Hamilton").ClickAsync();
        await person.PressAsync("Suspend");
        await person.SeesAsync("Say why; it goes on the record.");
        await person.FillAsync("Why", "Spam");
        await person.PressAsync("Suspend");
        await person.SeesAsync("The account is suspended.");
        await person.PressAsync("Reactivate");
        await person.SeesAsync("The account is active again.");

        await person.PressAsync("View as Margaret Hamilton");
        await person.SeesAsync("You see WOPR as Margaret Hamilton does.");
        await person.SeesAsync("Hello, Margaret Hamilton");
        await person.PressAsync("Stop");
        await person.IsAtAsync("/admin");

        await person.GoAsync("/admin/audit");
        await person.SeesAsync("auth.impersonated");
        Assert.Empty(person.Complaints);
    }

    internal static async Task<Person> OperatorAsync(Site site)
    {
        var person = await (await site.VisitAsync()).SignUpAsync();
        await PromoteAsync(site, person);
        return person;
    }

    internal static async Task PromoteAsync(Site site, Person person)
    {
        await new Db(site.Platform.Source).ExecuteAsync(
            $"update auth.user set platform_role = 'platform_admin' where email = {person.Email}", TestContext.Current.CancellationToken);
        // Sessions are remembered for a second.
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
    }
}
