using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class ToolServerTests(Site site)
{
    [Fact]
    public async Task A_server_of_tools_is_tested_before_it_is_kept()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        await person.Page.GetByText("Tools of robby").ClickAsync();
        await person.SeesAsync("It uses its own tools only.");
        await person.PressAsync("Test and add");
        await person.SeesAsync("Give it a name.");
        await FillAsync(person, "Calendar", "Bearer wrong");
        await person.PressAsync("Test and add");
        await person.SeesAsync(TestToolServers.WrongKey);
        Assert.Null(bot.ToolServers.Kept("Calendar"));

        // A key is never shown again, so it is put in anew.
        await Expect(person.Page.GetByLabel("Key", new() { Exact = true })).ToHaveValueAsync("");
        await FillAsync(person, "Calendar", "Bearer right");
        await person.PressAsync("Only test");
        await person.SeesAsync("It works, and offers 2 tools: list_events, add_event.");
        Assert.Null(bot.ToolServers.Kept("Calendar"));
        await FillAsync(person, "Calendar", "Bearer right");
        await person.PressAsync("Test and add");
        await person.SeesAsync("The bot uses its tools from the next message on.");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("works");
        await person.SeesAsync("https://tools.example.com/mcp, with Authorization");
        Assert.Equal("Bearer right", bot.ToolServers.Kept("Calendar")!.Headers["Authorization"]);
        Assert.DoesNotContain("Bearer right", await person.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_server_of_tools_is_deleted_when_that_is_meant()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/tools");
        await FillAsync(person, "Calendar", "Bearer right");
        await person.PressAsync("Test and add");
        await person.Page.GetByText("Delete Calendar").ClickAsync();
        await person.SeesAsync("The bot uses none of its tools any more");
        Assert.NotNull(bot.ToolServers.Kept("Calendar"));
        await person.PressAsync("Yes, delete it");
        await person.SeesAsync("The server was deleted.");
        Assert.Null(bot.ToolServers.Kept("Calendar"));
        await person.SeesAsync("It uses its own tools only.");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_stopped_bot_keeps_a_server_of_tools_until_it_runs()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await ChannelTests.StopAsync(person, path);
        await person.GoAsync($"{path}/tools");
        await person.SeesAsync("The bot does not run now");
        await FillAsync(person, "Calendar", "Bearer wrong");
        await person.PressAsync("Add");
        await person.SeesAsync("It is asked for its tools with the next message.");
        Assert.NotNull(bot.ToolServers.Kept("Calendar"));

        await person.GoAsync(path);
        await person.Page.Locator("#bot-start").ClickAsync();
        await BotTests.StateAsync(person, "Running");
        await person.GoAsync($"{path}/tools");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("not working");
        await person.SeesAsync(TestToolServers.WrongKey);
        Assert.Empty(person.Complaints);
    }

    internal static async Task FillAsync(Person person, string name, string key)
    {
        await person.FillAsync("Name", name);
        await person.FillAsync("Address", "https://tools.example.com/mcp");
        await person.FillAsync("Key", key);
    }
}
