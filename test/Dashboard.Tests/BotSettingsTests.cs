using Microsoft.Playwright;
using Wopr.Protocol;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class BotSettingsTests(Site site)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_bot_is_and_knows_can_be_changed()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        await person.FillAsync("Name", "wall-e");
        await person.Page.Locator("#about-zone").FillAsync("Nowhere/Land");
        await person.PressAsync("Save");
        await person.SeesAsync("Give the name of a time zone");
        await person.Page.Locator("#about-zone").FillAsync("Europe/Berlin");
        await person.PressAsync("Save");
        await person.SeesAsync("Saved.");
        await Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("wall-e");

        // The new name shows that the page is the next one.
        await person.FillAsync("Name", "wall-f");
        await person.FillAsync("Model", "openai/gpt-4o");
        await person.PressAsync("Save");
        await Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("wall-f");
        await Expect(person.Page.Locator("#about-model")).ToHaveValueAsync("openai/gpt-4o");
        await person.FillAsync("Name", "wall-g");
        await person.FillAsync("Model", "");
        await person.PressAsync("Save");
        await Expect(person.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("wall-g");
        await Expect(person.Page.Locator("#about-model")).ToHaveValueAsync("");

        await Expect(person.Page.GetByText("The bot has begun.")).ToBeVisibleAsync();
        await Expect(person.Page.Locator(".log")).ToContainTextAsync("<b>It could not reach a model.</b>");
        await person.Page.GetByLabel("Machine").SelectOptionAsync("pro");
        await person.PressAsync("Change");
        await person.SeesAsync("It costs $0.27 on a day");

        await person.FillAsync("SOUL.md", "\nYou are <kind>.\n");
        await person.PressAsync("Save Personality");
        await person.SeesAsync("The bot knows it from its next answer on.");
        Assert.Equal("\nYou are <kind>.\n", bot.File("memory/SOUL.md"));
        await Expect(person.Page.GetByLabel("SOUL.md")).ToHaveValueAsync("\nYou are <kind>.\n");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Who_writes_over_somebody_elses_change_is_told_and_loses_nothing()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        await person.FillAsync("USER.md", "Old.");
        await person.PressAsync("Save About you");
        await person.SeesAsync("The bot knows it");
        var other = await person.Page.Context.NewPageAsync();
        await other.GotoAsync($"{path}/settings");
        await other.GetByLabel("USER.md").FillAsync("Written by another.");
        await other.GetByRole(AriaRole.Button, new() { Name = "Save About you" }).ClickAsync();
        await Expect(other.GetByText("The bot knows it")).ToBeVisibleAsync();

        await person.FillAsync("USER.md", "Written by me.");
        await person.PressAsync("Save About you");
        await person.SeesAsync("This was changed meanwhile");
        await person.SeesAsync("Written by another.");
        Assert.Equal("Written by another.", bot.File("memory/USER.md"));
        await Expect(person.Page.GetByLabel("USER.md")).ToHaveValueAsync("Written by me.");
        await person.PressAsync("Save About you");
        await person.SeesAsync("The bot knows it");
        Assert.Equal("Written by me.", bot.File("memory/USER.md"));
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Schedules_are_added_shown_with_their_next_run_and_deleted()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, _) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        await person.PressAsync("Add");
        await person.SeesAsync("Give five fields, or one moment; not both.");
        await person.Page.Locator("#schedule-name").FillAsync("Morning");
        await person.FillAsync("What the bot is told", "What is on my list?");
        await person.FillAsync("Again and again", "0 8 * *");
        await person.PressAsync("Add");
        await person.SeesAsync("Give five fields with spaces between");
        await person.FillAsync("Again and again", "0 8 * * 1-5");
        await person.PressAsync("Add");
        await person.SeesAsync("The schedule was added.");
        await person.SeesAsync("31 Mar 2031, 08:00 UTC");

        await person.Page.Locator("#schedule-name").FillAsync("Once");
        await person.FillAsync("What the bot is told", "Happy new year!");
        await person.Page.Locator("#schedule-zone").FillAsync("Europe/Berlin");
        await person.FillAsync("Or once, at", "2033-01-01T00:00");
        await person.PressAsync("Add");
        await person.SeesAsync("31 Dec 2032, 23:00 UTC");
        await person.Page.GetByText("Delete Morning").ClickAsync();
        await person.PressAsync("Yes, delete it");
        await person.SeesAsync("The schedule was deleted.");
        await Expect(person.Page.GetByText("What is on my list?")).ToHaveCountAsync(0);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task What_a_stopped_bot_keeps_is_shown_and_changed_all_the_same()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync(path);
        await person.Page.Locator("#bot-stop").ClickAsync();
        await BotTests.StateAsync(person, "Stopped");
        await person.GoAsync($"{path}/settings");

        await person.FillAsync("SOUL.md", "Written at rest.");
        await person.PressAsync("Save Personality");
        await person.SeesAsync("The bot knows it from its next answer on.");

        Assert.Equal("Written at rest.", bot.File("memory/SOUL.md"));
        await Expect(person.Page.GetByLabel("SOUL.md")).ToHaveValueAsync("Written at rest.");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Skills_are_added_changed_and_deleted()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        var adding = person.Page.Locator("form[action$='/settings/skills']");
        await adding.GetByLabel("Name of the skill").FillAsync("../evil");
        await adding.GetByLabel("What to do").FillAsync("Report.");
        await adding.GetByRole(AriaRole.Button).ClickAsync();
        await person.SeesAsync("Use letters, digits, hyphens and underscores");
        await adding.GetByLabel("Name of the skill").FillAsync("weekly");
        await adding.GetByRole(AriaRole.Button).ClickAsync();
        await person.SeesAsync("The skill was added.");
        Assert.Equal("Report.", bot.File("skills/weekly.md"));
        await adding.GetByLabel("Name of the skill").FillAsync("weekly");
        await adding.GetByLabel("What to do").FillAsync("Otherwise.");
        await adding.GetByRole(AriaRole.Button).ClickAsync();
        await person.SeesAsync("There is a skill of that name.");
        Assert.Equal("Report.", bot.File("skills/weekly.md"));

        await person.Page.GetByText("weekly", new() { Exact = true }).ClickAsync();
        await person.Page.Locator("#skill-weekly-text").FillAsync("Report on Fridays.");
        await person.PressAsync("Save weekly");
        await person.SeesAsync("The bot knows it from its next answer on.");
        Assert.Equal("Report on Fridays.", bot.File("skills/weekly.md"));
        await person.Page.GetByText("weekly", new() { Exact = true }).ClickAsync();
        await person.PressAsync("Delete weekly");
        await person.SeesAsync("The skill was deleted.");
        Assert.Null(bot.File("skills/weekly.md"));
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task All_that_it_keeps_goes_out_and_in_as_a_file()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, _) = await BotTests.MakeAsync(site, person);
        await person.GoAsync($"{path}/settings");
        var download = await person.Page.RunAndWaitForDownloadAsync(() =>
            person.Page.GetByRole(AriaRole.Link, new() { Name = "Export" }).ClickAsync());
        Assert.EndsWith(".tar.gz", download.SuggestedFilename, StringComparison.Ordinal);
        var file = (await download.PathAsync())!;
        Assert.Equal("all that it keeps", await File.ReadAllTextAsync(file, Ct));
        await Expect(person.Page.GetByRole(AriaRole.Button, new() { Name = "Import" })).ToBeDisabledAsync();

        await person.GoAsync(path);
        await person.Page.Locator("#bot-stop").ClickAsync();
        await BotTests.StateAsync(person, "Stopped");
        await person.GoAsync($"{path}/settings");
        await person.PressAsync("Import");
        await person.SeesAsync("Choose the file that an export made.");
        await person.Page.Locator("#archive-file").SetInputFilesAsync(new FilePayload { Name = "x.tar.gz", MimeType = "application/gzip", Buffer = "no"u8.ToArray() });
        await person.PressAsync("Import");
        await person.SeesAsync("This is no archive of a bot. Choose another file.");
        await person.Page.Locator("#archive-file").SetInputFilesAsync(file);
        await person.PressAsync("Import");
        await person.SeesAsync("The bot has what the file held.");
        Assert.EndsWith("all that it keeps", site.Node.Imported, StringComparison.Ordinal);
        Assert.Empty(person.Complaints);
    }

    /// <summary>For people who want to look; see <see cref="TourTests"/>.</summary>
    [Theory(Explicit = true)]
    [InlineData(390, false)]
    [InlineData(1280, false)]
    [InlineData(1280, true)]
    public async Task The_pages_of_bots_look_as_they_should(int width, bool dark)
    {
        await using var person = await (await site.VisitAsync(width, dark)).SignUpAsync();
        var label = $"{width}-{(dark ? "dark" : "light")}-bots";
        await person.LookAsync($"{label}-overview-new");
        await person.GoAsync("/bots");
        await person.LookAsync($"{label}-empty");
        await person.GoAsync("/bots/new");
        await person.FillAsync("Name", "no money");
        await person.PressAsync("Make it");
        await person.SeesAsync("Use letters");
        await person.LookAsync($"{label}-new");
        var (path, bot) = await BotTests.MakeAsync(site, person);
        await person.GoAsync(path);
        await person.LookAsync($"{label}-begun");
        await SayAsync(person, "Hello! Which of the three plans is the cheapest, and why?");
        var turn = await bot.TurnAsync("Hello! Which of the three plans is the cheapest, and why?", Ct);
        bot.Use(turn, "search", "{\"query\":\"plans and their prices of this year, as far as they are known\"}");
        bot.Answer(turn, "## The plans\n\n| Plan | A month |\n|---|---|\n| **Small** | $5 |\n| Large | $20 |\n\nTake *Small*:\n\n1. it is cheap,\n"
            + "2. it has `all` that you need.\n\n```sh\ncurl -sS https://example.com/plans | jq '.plans[] | select(.name == \"small\") | .price'\n```\n\n> It was so last year too.\n\nSee https://example.com.");
        await person.SeesAsync("It was so last year too.");
        await SayAsync(person, "And tomorrow?");
        bot.End(await bot.TurnAsync("And tomorrow?", Ct), "", TurnEnd.Failed, "The model does not answer right now. Try again in a minute.");
        await person.SeesAsync("The model does not answer right now");
        await person.LookAsync($"{label}-failed");
        await SayAsync(person, "Write a long story.");
        turn = await bot.TurnAsync("Write a long story.", Ct);
        bot.Write(turn, "Once upon a time there was a bot that ");
        await Expect(person.Page.Locator(".bubble.live")).ToContainTextAsync("Once upon");
        await person.LookAsync($"{label}-answering");
        await person.GoAsync($"{path}?session=new");
        await person.LookAsync($"{label}-second");
        await person.GoAsync(path);
        await person.PressAsync("Restart");
        await person.Page.Locator("#bot-stop").ClickAsync();
        await BotTests.StateAsync(person, "Stopped");
        await SayAsync(person, "Are you there?");
        await person.SeesAsync("Waits until the bot is started");
        await person.LookAsync($"{label}-stopped");
        await person.Page.Locator("#bot-start").ClickAsync();
        await BotTests.StateAsync(person, "Running");
        await person.GoAsync($"{path}/settings");
        await person.FillAsync("SOUL.md", "You are Robby. You are brief and friendly.");
        await person.PressAsync("Save Personality");
        await person.SeesAsync("The bot knows it");
        await person.Page.Locator("#schedule-name").FillAsync("Morning briefing");
        await person.FillAsync("What the bot is told", "What is on my list today, and what did I forget yesterday?");
        await person.FillAsync("Again and again", "0 8 * * 1-5");
        await person.PressAsync("Add");
        await person.SeesAsync("The schedule was added.");
        await person.LookAsync($"{label}-settings");
        await person.GoAsync("/");
        await person.LookAsync($"{label}-overview");
        await BotTests.MakeAsync(site, person, "second-bot-with-a-rather-long-name-that-does-not-fit");
        await person.GoAsync($"{new Uri(person.Page.Url).AbsolutePath}/settings");
        await person.Page.GetByText("Delete this bot").ClickAsync();
        await person.PressAsync("Yes, delete it");
        await person.SeesAsync("Its data is kept until");
        await person.LookAsync($"{label}-list");
    }

    private static async Task SayAsync(Person person, string text)
    {
        await person.Page.GetByLabel("Message to robby").FillAsync(text);
        await person.PressAsync("Send");
    }
}
