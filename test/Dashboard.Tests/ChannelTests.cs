using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class ChannelTests(Site site)
{
    [Fact]
    public async Task A_channel_is_tested_before_it_is_kept_and_then_says_how_it_stands()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        await LinkAsync(person, "Channels of robby");
        await person.SeesAsync("It talks here only.");
        await LinkAsync(person, "Telegram");
        await person.SeesAsync("In Telegram write to @BotFather");
        await person.PressAsync("Test and connect");
        await person.SeesAsync("Put in the token.");
        await person.FillAsync("Token", "wrong");
        await person.PressAsync("Test and connect");
        await person.SeesAsync(TestChannels.WrongToken);
        Assert.Null(bot.Channels.Settings("Telegram"));

        await person.FillAsync("Name", "Family");
        await person.FillAsync("Token", "123456:right");
        await person.FillAsync("Your user id there", "4711");
        await person.Page.GetByLabel("the bot may use its tools").CheckAsync();
        await person.PressAsync("Test and connect");
        await person.SeesAsync("The channel is saved.");
        // By itself, without another look.
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("connected");
        await person.SeesAsync("Telegram, as robby_bot, since");
        Assert.Equal(new Dictionary<string, string> { ["token"] = "123456:right", ["owner"] = "4711", ["owner_may_use_tools"] = "yes" },
            bot.Channels.Settings("Family"));
        Assert.DoesNotContain("123456", await person.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_channel_is_changed_without_its_token_switched_and_deleted_when_that_is_meant()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await ConnectAsync(person, path, "telegram", "Family");

        await LinkAsync(person, "Change Family");
        await Expect(person.Page.GetByLabel("Token", new() { Exact = true })).ToHaveValueAsync("");
        await person.PressAsync("Test");
        await person.SeesAsync("It works: the bot is robby_bot there.");
        await person.FillAsync("Token", "wrong");
        await person.PressAsync("Test");
        await person.SeesAsync(TestChannels.WrongToken);
        await person.FillAsync("Name", "Friends");
        await person.PressAsync("Save");
        await person.SeesAsync("The channel is saved.");
        Assert.Equal("right", bot.Channels.Settings("Friends")!["token"]);

        await person.PressAsync("Switch off Friends");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("off");
        await person.PressAsync("Switch on Friends");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("connected");
        Assert.Equal("right", bot.Channels.Settings("Friends")!["token"]);
        Assert.Equal(0, await person.Page.GetByRole(AriaRole.Button, new() { Name = "Yes, delete it" }).CountAsync());
        await person.Page.GetByText("Delete Friends").ClickAsync();
        await person.SeesAsync("The bot leaves it at once");
        Assert.NotNull(bot.Channels.Settings("Friends"));
        await person.PressAsync("Yes, delete it");
        await person.SeesAsync("The channel was deleted.");
        await person.SeesAsync("It talks here only.");
        Assert.Null(bot.Channels.Settings("Friends"));
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_channel_that_fails_says_what_to_do()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, _) = await BotTests.MakeAsync(site, person);
        await ConnectAsync(person, path, "telegram", "Family", "gone");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("needs you");
        await person.SeesAsync(TestChannels.WrongToken);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_webhook_knows_no_people_and_brings_its_secret()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/channels?kind=webhook");
        var secret = await person.Page.GetByLabel("Secret", new() { Exact = true }).InputValueAsync();
        Assert.Matches("^[0-9a-f]{40}$", secret);
        await Expect(person.Page.GetByLabel("Your user id there")).ToHaveCountAsync(0);
        await Expect(person.Page.GetByRole(AriaRole.Checkbox)).ToHaveCountAsync(0);
        await person.PressAsync("Test and connect");
        await person.SeesAsync("The channel is saved.");
        await Expect(person.Page.Locator(".list code")).ToContainTextAsync($"/api/hooks{path["/bots".Length..]}/webhook_");
        Assert.Equal(new Dictionary<string, string> { ["secret"] = secret }, bot.Channels.Settings("Webhook"));

        await LinkAsync(person, "Change Webhook");
        await Expect(person.Page.GetByLabel("Secret", new() { Exact = true })).ToHaveValueAsync("");
        Assert.DoesNotContain(secret, await person.Page.ContentAsync(), StringComparison.Ordinal);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_stopped_bot_keeps_a_channel_until_it_runs()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await StopAsync(person, path);
        await person.GoAsync($"{path}/channels?kind=discord");
        await person.SeesAsync("The bot does not run now");
        await person.PressAsync("Save");
        await person.SeesAsync("Put in the bot token.");
        await person.FillAsync("Bot token", "right");
        await person.PressAsync("Save");
        await person.SeesAsync("The channel is saved.");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("off");
        await person.SeesAsync("It connects when the bot runs.");
        Assert.Equal("right", bot.Channels.Settings("Discord")!["token"]);

        await person.GoAsync(path);
        await person.Page.Locator("#bot-start").ClickAsync();
        await BotTests.StateAsync(person, "Running");
        await person.GoAsync($"{path}/channels");
        await Expect(person.Page.Locator(".list .badge")).ToHaveTextAsync("connected");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task What_was_not_sent_waits_for_its_owner()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await ConnectAsync(person, path, "telegram", "Family");
        bot.Channels.Leave("Family", "The <b>train</b> leaves at nine.", mayHaveArrived: true);
        bot.Channels.Leave("Family", "Good morning.", mayHaveArrived: false);
        await person.GoAsync($"{path}/channels");
        await person.SeesAsync("2 replies are not sent.");
        await person.SeesAsync("The <b>train</b> leaves at nine.");
        await person.SeesAsync("It may have arrived: sent again it may be there twice.");
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Discard" }).First.ClickAsync();
        await person.SeesAsync("The reply was discarded.");
        await Expect(person.Page.GetByText("leaves at nine")).ToHaveCountAsync(0);
        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Send again" }).ClickAsync();
        await person.SeesAsync("The reply is on its way again.");
        Assert.Empty(person.Complaints);
    }

    /// <summary>For people who want to look; see <see cref="TourTests"/>.</summary>
    [Theory(Explicit = true)]
    [InlineData(360, false)]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    public async Task The_pages_of_channels_and_tools_look_as_they_should(int width, bool dark)
    {
        await using var person = await (await site.VisitAsync(width, dark)).SignUpAsync();
        var label = $"{width}-{(dark ? "dark" : "light")}-reach";
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/channels");
        await person.LookAsync($"{label}-channels-none");
        foreach (var kind in (string[])["telegram", "discord", "slack", "webhook"])
        {
            await person.GoAsync($"{path}/channels?kind={kind}");
            await person.LookAsync($"{label}-channels-{kind}");
        }
        await person.GoAsync($"{path}/channels?kind=telegram");
        await person.FillAsync("Token", "wrong");
        await person.PressAsync("Test and connect");
        await person.SeesAsync(TestChannels.WrongToken);
        await person.LookAsync($"{label}-channels-refused");
        await ConnectAsync(person, path, "telegram", "Family and friends");
        await ConnectAsync(person, path, "discord", "The guild", "gone");
        await ConnectAsync(person, path, "webhook", "Build server");
        bot.Channels.Leave("Family and friends", "The train leaves at nine, from platform four. Take the tickets with you.", mayHaveArrived: true);
        await person.GoAsync($"{path}/channels");
        await person.Page.GetByText("Delete Family").ClickAsync();
        await person.LookAsync($"{label}-channels");
        await LinkAsync(person, "Change Build server");
        await person.PressAsync("Test");
        await person.SeesAsync("It works");
        await person.LookAsync($"{label}-channels-change");
        await person.GoAsync($"{path}/tools");
        await person.LookAsync($"{label}-tools-none");
        await ToolServerTests.FillAsync(person, "Calendar", "Bearer wrong");
        await person.PressAsync("Only test");
        await person.SeesAsync(TestToolServers.WrongKey);
        await person.LookAsync($"{label}-tools-refused");
        await ToolServerTests.FillAsync(person, "Calendar", "Bearer right");
        await person.PressAsync("Test and add");
        await person.SeesAsync("The bot uses its tools");
        await person.Page.GetByText("Delete Calendar").ClickAsync();
        await person.LookAsync($"{label}-tools");
        await StopAsync(person, path);
        await person.GoAsync($"{path}/channels?kind=slack");
        await person.LookAsync($"{label}-channels-stopped");
        await person.GoAsync($"{path}/tools");
        await person.LookAsync($"{label}-tools-stopped");
    }

    internal static async Task StopAsync(Person person, string path)
    {
        await person.GoAsync(path);
        await person.Page.Locator("#bot-stop").ClickAsync();
        await BotTests.StateAsync(person, "Stopped");
    }

    private static async Task ConnectAsync(Person person, string path, string kind, string name, string token = "right")
    {
        await person.GoAsync($"{path}/channels?kind={kind}");
        await person.FillAsync("Name", name);
        if (kind != "webhook") { await person.Page.Locator("input[type=password]").First.FillAsync(token); }
        await person.PressAsync("Test and connect");
        await person.SeesAsync("The channel is saved.");
    }

    private static Task LinkAsync(Person person, string name) =>
        person.Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = true }).ClickAsync();
}
