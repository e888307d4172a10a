namespace Wopr.Dashboard.Tests;

public sealed class LayoutTests(Site site)
{
    private static readonly string[] s_open =
        ["/", "/signup", "/login", "/forgot-password", "/reset-password?token=x", "/auth/verify?status=success",
            "/auth/verify?status=error&reason=missing_token", "/two-factor", "/nowhere"];

    private static readonly string[] s_personal = ["/", "/account", "/organization", "/tokens", "/admin"];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_small_phone_nothing_scrolls_sideways(bool dark)
    {
        await using var person = await site.VisitAsync(width: 360, dark);
        await SeeAllAsync(person, s_open, $"360-{(dark ? "dark" : "light")}");
        person.Name = "Wilhelmina-Alexandra von Habsburg-Lothringen";
        await person.SignUpAsync();
        await SeeAllAsync(person, s_personal, $"360-{(dark ? "dark" : "light")}-in");
        Assert.Empty(person.Complaints);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task On_a_desk_nothing_scrolls_sideways(bool dark)
    {
        await using var person = await site.VisitAsync(width: 1280, dark);
        await SeeAllAsync(person, s_open, $"1280-{(dark ? "dark" : "light")}");
        await person.SignUpAsync();
        await SeeAllAsync(person, s_personal, $"1280-{(dark ? "dark" : "light")}-in");
        Assert.Empty(person.Complaints);
    }

    private static async Task SeeAllAsync(Person person, string[] paths, string label)
    {
        foreach (var path in paths)
        {
            await person.GoAsync(path);
            await ShootAsync(person, $"{label}-{path.Trim('/').Replace('/', '-').Split('?')[0]}");
            Assert.False(await person.ScrollsSidewaysAsync(), $"{path} scrolls sideways ({label}).");
        }
    }

    // SCREENSHOTS names a folder for people who want to look.
    private static async Task ShootAsync(Person person, string name)
    {
        if (Environment.GetEnvironmentVariable("SCREENSHOTS") is not { } folder) { return; }
        await person.Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}.png"), FullPage = true });
    }
}
