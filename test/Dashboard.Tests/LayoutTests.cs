namespace Wopr.Dashboard.Tests;

public sealed class LayoutTests(Site site)
{
    private static readonly string[] s_open =
        ["/", "/signup", "/login", "/forgot-password", "/reset-password?token=x", "/auth/verify?status=success",
            "/auth/verify?status=error&reason=missing_token", "/two-factor", "/two-factor?backup=true", "/nowhere"];

    private static readonly string[] s_personal = ["/", "/account", "/organization", "/tokens", "/bots", "/bots/new", "/gateway", "/billing", "/billing/history", "/billing/usage", "/billing/invoices", "/billing/settings",
            "/billing/webhooks", "/admin", "/invitations/x"];

    [Fact]
    public async Task On_a_small_phone_nothing_scrolls_sideways()
    {
        await using var person = await site.VisitAsync(width: 360);
        person.Name = "Wilhelmina-Alexandra von Habsburg-Lothringen";
        await SeeAllAsync(person, "360-light");
    }

    private static async Task SeeAllAsync(Person person, string label)
    {
        foreach (var path in s_open) { await SeeAsync(person, path, label); }
        await person.SignUpAsync();
        foreach (var path in s_personal) { await SeeAsync(person, path, label + "-in"); }
        Assert.Empty(person.Complaints);
    }

    private static async Task SeeAsync(Person person, string path, string label)
    {
        await person.GoAsync(path);
        await person.LookAsync($"{label}-{path.Trim('/').Replace('/', '-').Replace('?', '-')}");
    }
}
