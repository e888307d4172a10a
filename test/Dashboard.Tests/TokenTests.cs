using System.Net;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class TokenTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_shown_once_works_and_can_be_revoked()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await person.GoAsync("/tokens");
        await person.PressAsync("Create token");
        await Expect(person.Page.GetByLabel("Name")).ToHaveAccessibleDescriptionAsync("Say what the token is for.");

        await person.FillAsync("Name", "Nightly report");
        await person.PressAsync("Create token");
        var token = await person.Page.Locator("#token").InnerTextAsync();
        Assert.StartsWith("wopr_read_", token, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await AskAsync(token));

        await person.GoAsync("/tokens");
        Assert.DoesNotContain(token, await person.Page.ContentAsync(), StringComparison.Ordinal);
        await person.PressAsync("Revoke Nightly report");
        await person.SeesAsync("The token was revoked.");
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, await AskAsync(token));
        Assert.Empty(person.Complaints);
    }

    private async Task<HttpStatusCode> AskAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/trpc/billing.creditsBalance?input=%7B%7D");
        request.Headers.Authorization = new("Bearer", token);
        return (await site.Platform.Http.SendAsync(request, Ct)).StatusCode;
    }
}
