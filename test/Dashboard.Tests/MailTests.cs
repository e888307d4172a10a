using System.Text.Json;
using Wopr.Platform.Tests;

namespace Wopr.Dashboard.Tests;

/// <summary>What happens when somebody opens a link we mailed.</summary>
public sealed class MailTests(Site site)
{
    [Fact]
    public async Task A_forgotten_password_is_replaced_by_mail()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await using var elsewhere = await site.VisitAsync();
        await elsewhere.GoAsync("/forgot-password");
        await elsewhere.FillAsync("E-mail", person.Email);
        await elsewhere.PressAsync("Send the link");
        await elsewhere.SeesAsync("Look into your mailbox");

        await elsewhere.GoAsync(await LinkAsync(person.Email, "Set a new password"));
        await elsewhere.FillAsync("New password", "Testpass3");
        await elsewhere.PressAsync("Save the password");
        await elsewhere.SeesAsync("Sign in with the new one.");
        await elsewhere.SignInAsync(person.Email, "Testpass3");
        await elsewhere.IsAtAsync("/");

        await person.GoAsync("/account");
        await person.IsAtAsync("/login?next=%2Faccount");
        Assert.Empty(elsewhere.Complaints);
    }

    [Fact]
    public async Task A_reset_link_works_once()
    {
        await using var person = await site.VisitAsync();
        await person.GoAsync("/reset-password?token=made-up");
        await person.FillAsync("New password", "Testpass3");
        await person.PressAsync("Save the password");
        await person.SeesAsync("This link has expired or was used already.");
    }

    [Fact]
    public async Task Opening_the_first_mail_confirms_the_address()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync(await LinkAsync(person.Email, "Confirm your e-mail"));
        await person.SeesAsync("Your e-mail is confirmed");
        await person.GoAsync("/account");
        await person.SeesAsync("Confirmed");
    }

    [Fact]
    public async Task An_invited_person_becomes_a_member()
    {
        await using var owner = await (await site.VisitAsync()).SignUpAsync();
        await owner.GoAsync("/organization");
        await owner.FillAsync("Name", "Acme Robotics");
        await owner.PressAsync("Create organisation");
        await owner.SeesAsync("The organisation was created.");

        await using var guest = await site.VisitAsync();
        guest.Name = "Grace Hopper";
        await owner.FillAsync("E-mail", guest.Email);
        await owner.PressAsync("Send invitation");
        await owner.SeesAsync("The invitation was sent.");
        Assert.Empty(owner.Complaints);

        await guest.SignUpAsync();
        await guest.GoAsync(await LinkAsync(guest.Email, "invites you"));
        await guest.PressAsync("Join");
        await guest.SeesAsync("You are a member now.");
        await guest.SeesAsync("Ada Lovelace");

        await owner.GoAsync("/organization");
        await owner.Page.GetByLabel("Role of Grace Hopper").SelectOptionAsync("viewer");
        await owner.PressAsync("Save");
        await owner.SeesAsync("The role was changed.");
        await owner.PressAsync("Remove Grace Hopper");
        await owner.SeesAsync("The member was removed.");
        Assert.Empty(guest.Complaints);
    }

    // Mails name the addresses people use; here both programs have ports of their own.
    private async Task<string> LinkAsync(string email, string subject)
    {
        var ct = TestContext.Current.CancellationToken;
        var mail = await (await TestPlatform.Sandbox).MailAsync(email, subject, ct);
        var link =
            mail.GetProperty("links").EnumerateArray().Select(Address).First(each => each.Query.Length > 0 || each.Segments.Length > 2);
        if (link.Port == 3000) { return link.PathAndQuery; }
        var answer = await site.Platform.GetAsync(link.PathAndQuery, cookie: null, ct);
        return answer.Headers.Location!.PathAndQuery;
    }

    private static Uri Address(JsonElement link) => new(link.GetString()!);
}
