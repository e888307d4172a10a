using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class AnswerTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_takes_its_shape_while_it_is_written()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync(path);
        await SayAsync(person, "How?");
        var turn = await bot.TurnAsync("How?", Ct);
        bot.Write(turn, "## The *way*\n\nThis:\n\n```sh\nls");
        var live = person.Page.Locator(".bubble.live");
        await Expect(live.Locator("h4 em")).ToHaveTextAsync("way");
        await Expect(live.Locator("pre code")).ToContainTextAsync("ls");
        bot.Write(turn, " -la\n```\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n<b>No");
        await Expect(live.Locator("pre code")).ToHaveTextAsync("ls -la\n");
        await Expect(live.Locator("td.right")).ToHaveTextAsync("2");
        await Expect(live).ToContainTextAsync("<b>No");
        bot.Use(turn, "clock", "{}");
        await Expect(live.Locator(".tool")).ToHaveTextAsync("clock {}");
        bot.Write(turn, "1. one\n2. t");
        await Expect(live.Locator("ol li")).ToHaveTextAsync(["one", "t"]);
        bot.Write(turn, "wo");
        await Expect(live.Locator("ol li")).ToHaveTextAsync(["one", "two"]);
        await Expect(live.Locator("pre code")).ToHaveTextAsync("ls -la\n");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task An_answer_has_the_browser_fetch_nothing_and_run_nothing()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        List<string> asked = [];
        List<string> dialogs = [];
        person.Page.Request += (_, request) => { lock (asked) { asked.Add(request.Url); } };
        person.Page.Dialog += (_, dialog) =>
        {
            dialogs.Add(dialog.Message);
            _ = dialog.DismissAsync();
        };
        await person.GoAsync(path);
        await SayAsync(person, "Attack!");
        const string Evil = "![a](https://evil.example/p.png) <img src=https://evil.example/i onerror=alert(1)>\n\n<script>alert(1)</script>\n\n"
            + "<iframe src=\"https://evil.example\"></iframe> <link rel=prefetch href=//evil.example>\n\n[click](javascript:alert(1)) <javascript:alert(1)>\n\n"
            + "| a |\n|:-:|\n| ![b](//evil.example/q.png) |\n\n<svg onload=alert(1)> [out](https://evil.example \"t\\\" onmouseover=alert(1)\") the end";
        var turn = await bot.TurnAsync("Attack!", Ct);
        bot.Write(turn, Evil);
        await Expect(person.Page.Locator(".bubble.live a")).ToHaveCountAsync(2);
        bot.End(turn, Evil);
        var answer = person.Page.Locator(".theirs .markdown");
        await Expect(person.Page.Locator(".bubble.live")).ToHaveCountAsync(0);
        await Expect(answer).ToContainTextAsync("the end");
        await answer.GetByText("click").ClickAsync();
        await answer.HoverAsync();

        await Expect(answer.Locator("a")).ToHaveTextAsync(["a", "out"]);
        foreach (var link in await answer.Locator("a").AllAsync())
        {
            Assert.Equal(("_blank", "noopener noreferrer nofollow"), (await link.GetAttributeAsync("target"), await link.GetAttributeAsync("rel")));
        }
        Assert.Equal(0, await answer.Locator("img, script, iframe, svg, link, [style], [onerror], [onmouseover]").CountAsync());
        Assert.Empty(dialogs);
        lock (asked) { Assert.All(asked, url => Assert.StartsWith(site.Address, url, StringComparison.Ordinal)); }
        Assert.Empty(person.Complaints);
    }

    private static async Task SayAsync(Person person, string text)
    {
        await person.Page.GetByLabel("Message to robby").FillAsync(text);
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Send", Exact = true }).ClickAsync();
    }
}
