using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class SignInTests(Site site)
{
    [Fact]
    public async Task Whoever_signs_up_lands_on_their_overview()
    {
        await using var person = await site.VisitAsync();
        await person.SignUpAsync();

        await person.SeesAsync("Hello, Ada Lovelace");
        await Expect(person.Page.GetByTestId("balance")).ToHaveTextAsync("$0.00");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Everything_works_without_scripts_too()
    {
        await using var person = await site.VisitAsync(scripts: false);
        await person.SignUpAsync();
        await person.SeesAsync("Hello, Ada Lovelace");

        await person.PressAsync("Sign out");
        await person.SeesAsync("You are signed out.");
        await person.SignInAsync(person.Email, Person.Password);
        await person.IsAtAsync("/");
    }

    [Fact]
    public async Task A_wrong_password_keeps_the_email_and_says_so_beside_the_field()
    {
        await using var person = await site.VisitAsync();
        await person.SignInAsync("nobody@example.com", "Wrongpass1");

        var password = person.Page.GetByLabel("Password");
        await Expect(password).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(password).ToHaveAccessibleDescriptionAsync(
            "This e-mail and password do not belong together. Check both and try again.");
        await Expect(password).ToHaveValueAsync("");
        await Expect(person.Page.GetByLabel("E-mail")).ToHaveValueAsync("nobody@example.com");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Refusals_stand_beside_the_field_they_are_about()
    {
        await using var first = await site.VisitAsync();
        await first.SignUpAsync();
        await using var second = await site.VisitAsync();
        await second.GoAsync("/signup");
        await second.FillAsync("Name", "Grace");
        await second.FillAsync("E-mail", first.Email);
        await second.FillAsync("Password", "short");
        await second.PressAsync("Create account");
        await Expect(second.Page.GetByLabel("Password")).ToHaveAccessibleDescriptionAsync("Use at least 8 characters.");
        await Expect(second.Page.GetByLabel("Name")).ToHaveValueAsync("Grace");

        await second.FillAsync("Password", Person.Password);
        await second.PressAsync("Create account");
        await Expect(second.Page.GetByLabel("E-mail")).ToHaveAccessibleDescriptionAsync(
            "There is an account with this e-mail already. Sign in, or use another address.");
    }

    [Fact]
    public async Task A_visitor_is_asked_to_sign_in_and_brought_back()
    {
        await using var person = await site.VisitAsync();
        await person.SignUpAsync();
        await person.PressAsync("Sign out");
        await person.IsAtAsync("/login?done=signed-out");

        await person.GoAsync("/account");
        await person.IsAtAsync("/login?next=%2Faccount");
        await person.FillAsync("E-mail", person.Email);
        await person.FillAsync("Password", Person.Password);
        await person.PressAsync("Sign in");
        await person.IsAtAsync("/account");
    }

    [Fact]
    public async Task Signing_out_ends_the_session_on_the_platform()
    {
        await using var person = await site.VisitAsync();
        await person.SignUpAsync();
        var cookies = await person.Page.Context.CookiesAsync();
        var cookie = Assert.Single(cookies);
        Assert.True(cookie.HttpOnly);
        Assert.Equal(SameSiteAttribute.Lax, cookie.SameSite);

        await person.PressAsync("Sign out");
        await person.SeesAsync("You are signed out.");

        Assert.Empty(await person.Page.Context.CookiesAsync());
        var session = await site.Platform.GetAsync("/api/auth/get-session", $"{cookie.Name}={cookie.Value}",
            TestContext.Current.CancellationToken);
        Assert.Equal("null", await session.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
