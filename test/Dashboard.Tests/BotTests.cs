using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.Protocol;
using Wopr.Testing;
using static Microsoft.Playwright.Assertions;

namespace Wopr.Dashboard.Tests;

public sealed class BotTests(Site site)
{
    private const string Image = "ghcr.io/wopr-network/wopr:latest";
    private const string Origin = Wopr.Platform.Tests.TestPlatform.UiOrigin;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_bot_is_made_answers_and_is_deleted_and_restored()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await Expect(person.Page.GetByRole(AriaRole.Link, new() { Name = "Buy credits" }).First).ToBeVisibleAsync();
        await FundAsync(site, await BillingTests.IdAsync(site, person));
        await person.GoAsync("/");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Make a bot" }).First.ClickAsync();
        await person.FillAsync("Name", "my bot!");
        await person.PressAsync("Make it");
        await person.SeesAsync("Use letters, digits, hyphens and underscores");
        await person.FillAsync("Name", "robby");
        await person.FillAsync("What it is for, and how it should be", "You are brief.");
        await person.PressAsync("Make it");
        await person.SeesAsync("Your bot is made.");
        await StateAsync(person, "Running");
        var bot = await site.Node.BotAsync(IdOf(person), Ct);

        await SayAsync(person, "Hello there", withEnter: true);
        var turn = await bot.TurnAsync("Hello there", Ct);
        bot.Write(turn, "I am **ro");
        await Expect(person.Page.Locator(".bubble.live")).ToHaveTextAsync("I am **ro");
        bot.Write(turn, "bby** <img src=x onerror=alert(1)>");
        bot.End(turn, "I am **robby** <img src=x onerror=alert(1)>");
        await Expect(person.Page.Locator(".theirs strong")).ToHaveTextAsync("robby");
        await Expect(person.Page.Locator(".theirs .markdown")).ToContainTextAsync("<img src=x");
        await Expect(person.Page.Locator(".bubble")).ToHaveCountAsync(2);
        await Expect(person.Page.GetByLabel("Message to robby")).ToHaveValueAsync("");

        await person.GoAsync("/bots");
        await StateAsync(person, "Running");
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "robby" }).ClickAsync();
        await person.Page.GetByRole(AriaRole.Link, new() { Name = "Settings" }).ClickAsync();
        await person.Page.GetByText("Delete this bot").ClickAsync();
        await person.PressAsync("Yes, delete it");
        await person.SeesAsync("You can bring it back for 7 days.");
        await person.SeesAsync("No bots yet");
        await person.PressAsync("Restore robby");
        await person.SeesAsync("The bot is back.");
        await StateAsync(person, "Stopped");
        await person.PressAsync("Start");
        await StateAsync(person, "Running");
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task What_was_said_can_be_said_differently_and_what_came_after_counts_no_more()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await MakeAsync(person);
        await person.GoAsync(path);
        foreach (var (said, answer) in ((string, string)[])[("Frist", "What?"), ("Second", "Yes.")])
        {
            await SayAsync(person, said);
            bot.Answer(await bot.TurnAsync(said, Ct), answer);
            await Expect(person.Page.GetByText(answer)).ToBeVisibleAsync();
        }

        var edit = person.Page.Locator("details[data-edit]").First;
        await edit.Locator("summary").ClickAsync();
        await edit.Locator("textarea").FillAsync("First");
        await edit.GetByRole(AriaRole.Button, new() { Name = "Send instead" }).ClickAsync();
        var turn = await bot.TurnAsync("First", Ct);
        bot.Answer(turn, "Better.");

        await Expect(person.Page.GetByText("Better.")).ToBeVisibleAsync();
        Assert.Equal(bot.Turns[0].TurnId, turn.Replaces);
        await Expect(person.Page.Locator("[data-messages] > ol .mine .bubble")).ToHaveTextAsync(["You: First"]);
        await Expect(person.Page.Locator(".chat-earlier .bubble")).ToHaveCountAsync(4);
        await Expect(person.Page.Locator(".chat-earlier details[data-edit]")).ToHaveCountAsync(0);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task What_the_bot_refuses_is_shown_as_failed_also_after_a_reload()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await MakeAsync(person);
        await person.GoAsync(path);
        await SayAsync(person, "Refuse this");

        await Expect(person.Page.Locator("[data-messages] .problem")).ToHaveTextAsync("The bot takes no such message. Say it differently.");
        await person.Page.ReloadAsync();
        await Expect(person.Page.Locator("[data-messages] .problem")).ToHaveTextAsync("The bot takes no such message. Say it differently.");
        await Expect(person.Page.GetByText("The last 24 hours")).ToBeVisibleAsync();
        await Expect(person.Page.GetByText("(1 failed)")).ToBeVisibleAsync();

        var edit = person.Page.Locator("details[data-edit]");
        await edit.Locator("summary").ClickAsync();
        await edit.Locator("textarea").FillAsync("Take this");
        await edit.GetByRole(AriaRole.Button, new() { Name = "Send instead" }).ClickAsync();
        bot.Answer(await bot.TurnAsync("Take this", Ct), "Gladly.");
        await Expect(person.Page.GetByText("Gladly.")).ToBeVisibleAsync();
        await Expect(person.Page.Locator("[data-messages] > ol .problem")).ToHaveCountAsync(0);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task Two_windows_see_the_same_and_an_answer_can_be_stopped()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await MakeAsync(person);
        await person.GoAsync(path);
        var other = await person.Page.Context.NewPageAsync();
        await other.GotoAsync(path);

        await SayAsync(person, "Count\nto ten");
        var turn = await bot.TurnAsync("Count\nto ten", Ct);
        bot.Use(turn, "clock", "{}");
        bot.Write(turn, "One, two");
        foreach (var page in (IPage[])[person.Page, other])
        {
            await Expect(page.Locator(".mine .bubble")).ToContainTextAsync("Count\nto ten");
            await Expect(page.Locator(".bubble.live .tool")).ToHaveTextAsync("clock {}");
            await Expect(page.Locator(".bubble.live")).ToContainTextAsync("One, two");
        }
        // Whoever comes in the middle hears it from the beginning.
        await other.ReloadAsync();
        await Expect(other.Locator(".bubble.live")).ToContainTextAsync("One, two");
        await other.GetByRole(AriaRole.Button, new() { Name = "Stop", Exact = true }).Last.ClickAsync();

        foreach (var page in (IPage[])[person.Page, other])
        {
            await Expect(page.Locator(".theirs").GetByText("Stopped")).ToBeVisibleAsync();
            await Expect(page.Locator(".theirs .markdown")).ToHaveTextAsync("One, two");
            await Expect(page.Locator(".bubble.live")).ToHaveCountAsync(0);
        }
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task What_is_said_to_a_stopped_bot_is_shown_at_once_and_waits_until_it_runs()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await MakeAsync(person);
        await person.GoAsync(path);
        await person.Page.Locator("#bot-stop").ClickAsync();
        await StateAsync(person, "Stopped");

        await SayAsync(person, "Are you there?");
        await person.SeesAsync("Waits until the bot is started");
        await person.Page.ReloadAsync();
        await person.SeesAsync("Are you there?");
        Assert.Empty(bot.Turns);

        await person.PressAsync("Start");
        await StateAsync(person, "Running");
        bot.Answer(await bot.TurnAsync("Are you there?", Ct), "Yes.");
        await Expect(person.Page.Locator(".theirs .markdown")).ToHaveTextAsync("Yes.");
        Assert.Single(bot.Turns);
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task A_failed_answer_says_why_and_is_tried_again_once()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        var (path, bot) = await MakeAsync(person);
        await person.GoAsync(path);
        await SayAsync(person, "Think");
        var turn = await bot.TurnAsync("Think", Ct);
        bot.End(turn, "", TurnEnd.Failed, "The model does not answer. Try again in a minute.");
        await person.SeesAsync("The model does not answer.");

        await person.Page.GetByRole(AriaRole.Button, new() { Name = "Retry" }).DblClickAsync();
        var again = await bot.TurnAsync("Think", Ct);
        bot.Answer(again, "Better now.");

        await Expect(person.Page.Locator("[data-messages] > .messages .theirs")).ToHaveCountAsync(1);
        await person.SeesAsync("Better now.");
        await person.SeesAsync("Earlier tries");
        Assert.Equal([null, turn.TurnId], bot.Turns.Select(one => one.Replaces));
        Assert.Empty(person.Complaints);
    }

    [Fact]
    public async Task The_same_form_sent_twice_says_it_once_and_a_stranger_says_nothing()
    {
        var (cookie, id, bot) = await MakeAsync("twice@example.com");
        var (stranger, _) = await site.Platform.SignUpAsync("stranger@example.com", Ct);

        foreach (var part in (bool[])[false, true, false])
        {
            using var answer = await SayAsync(cookie, id, "only once", "key1", part);
            Assert.Equal(part ? HttpStatusCode.NoContent : HttpStatusCode.Redirect, answer.StatusCode);
        }
        using var edited = await SayAsync(cookie, id, "something else in the old form", "key1", isPart: false);
        using var foreign = await SayAsync(stranger, id, "let me in", "key2", isPart: false);
        using var page = await GetAsync(stranger, $"/bots/{id}");

        await bot.TurnAsync("something else in the old form", Ct);
        Assert.Equal(["only once", "something else in the old form"], bot.Turns.Select(turn => turn.Text));
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (foreign.StatusCode, page.StatusCode));
    }

    [Fact]
    public async Task The_longest_message_gets_through()
    {
        var (cookie, id, bot) = await MakeAsync("long@example.com");
        var text = new string('ä', 32_000);

        using var answer = await SayAsync(cookie, id, text, "key1", isPart: true);

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Equal(text, (await bot.TurnAsync(text, Ct)).Text);
    }

    [Fact]
    public async Task Events_pass_as_they_come_go_on_after_the_last_one_and_end_when_the_browser_leaves()
    {
        var (cookie, id, bot) = await MakeAsync("stream@example.com");
        using var _ = await SayAsync(cookie, id, "go", "key1", isPart: true);
        var turn = await bot.TurnAsync("go", Ct);
        bot.Write(turn, "first");
        using var answer = await StreamAsync(cookie, id, lastEventId: null);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        using (var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Ct)))
        {
            var heard = await UntilAsync(reader, "first");
            Assert.Contains($"id: {turn.TurnId}:2", heard, StringComparison.Ordinal);
            bot.Write(turn, "second");
            await UntilAsync(reader, "second");
        }
        answer.Dispose();

        await UntilAsync(() => bot.Watchers == 0);
        using var later = await StreamAsync(cookie, id, lastEventId: $"{turn.TurnId}:2");
        using var rest = new StreamReader(await later.Content.ReadAsStreamAsync(Ct));
        Assert.DoesNotContain("first", await UntilAsync(rest, "second"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_part_of_a_page_that_nobody_is_signed_in_for_loads_the_page_anew()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/bots/{Guid.Empty}/state");
        request.Headers.Add("HX-Request", "true");

        using var answer = await site.Http.SendAsync(request, Ct);

        Assert.Equal((HttpStatusCode.NoContent, "true"), (answer.StatusCode, answer.Headers.GetValues("HX-Refresh").Single()));
    }

    [Fact]
    public async Task Without_scripts_a_bot_can_be_made_and_talked_with()
    {
        await using var person = await (await site.VisitAsync(scripts: false)).SignUpAsync();
        await FundAsync(site, await BillingTests.IdAsync(site, person));
        await person.GoAsync("/bots/new");
        await person.FillAsync("Name", "plain");
        await person.PressAsync("Make it");
        await person.SeesAsync("Your bot is made.");
        var bot = await site.Node.BotAsync(IdOf(person), Ct);
        await person.FillAsync("Message to plain", "Hello");
        await person.PressAsync("Send");
        await Expect(person.Page.Locator(".mine .bubble")).ToContainTextAsync("Hello");
        bot.Answer(await bot.TurnAsync("Hello", Ct), "Good *day*");
        await person.Page.ReloadAsync();
        await Expect(person.Page.Locator(".theirs em")).ToHaveTextAsync("day");
        await person.Page.Locator("#bot-stop").ClickAsync();
        await Expect(person.Page.Locator("#bot-start")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Who_cannot_pay_for_a_bot_is_led_to_where_credits_are_bought()
    {
        await using var person = await (await site.VisitAsync()).SignUpAsync();
        await FundAsync(site, await BillingTests.IdAsync(site, person), 20);
        await person.GoAsync("/bots/new");
        await person.FillAsync("Name", "giant");
        await person.Page.GetByLabel("Machine").SelectOptionAsync("beast");
        await person.Page.GetByLabel("Storage").SelectOptionAsync("max");
        await person.PressAsync("Make it");
        await Expect(person.Page.GetByRole(AriaRole.Link, new() { Name = "Buy credits" })).ToBeVisibleAsync();
        await Expect(person.Page.GetByLabel("Name", new() { Exact = true })).ToHaveValueAsync("giant");
        // What was wrong can be changed in the same form.
        await person.Page.GetByLabel("Machine").SelectOptionAsync("standard");
        await person.Page.GetByLabel("Storage").SelectOptionAsync("standard");
        await person.PressAsync("Make it");
        await person.SeesAsync("Your bot is made.");
        Assert.Empty(person.Complaints);
    }

    private Task<(string Path, TestBot Bot)> MakeAsync(Person person) => MakeAsync(site, person);

    /// <summary>A bot of theirs that runs, and its page.</summary>
    internal static async Task<(string Path, TestBot Bot)> MakeAsync(Site site, Person person, string name = "robby")
    {
        await FundAsync(site, await BillingTests.IdAsync(site, person));
        await person.GoAsync("/bots/new");
        await person.FillAsync("Name", name);
        await person.PressAsync("Make it");
        await person.SeesAsync("Your bot is made.");
        await StateAsync(person, "Running");
        return ($"/bots/{IdOf(person)}", await site.Node.BotAsync(IdOf(person), Ct));
    }

    private async Task<(string Cookie, Guid Id, TestBot Bot)> MakeAsync(string email)
    {
        var (cookie, tenant) = await site.Platform.SignUpAsync(email, Ct);
        await FundAsync(site, tenant);
        using var made = await site.Platform.PostAsync("/fleet/bots", cookie, new { name = "robby", image = Image }, Ct);
        var id = (await made.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("id").GetGuid();
        return (cookie, id, await site.Node.BotAsync(id, Ct));
    }

    internal static Task FundAsync(Site site, string tenant, long cents = 500) => site.Platform.Services.GetRequiredService<Ledger>().CreditAsync(
        new Db(site.Platform.Source), new(tenant, $"test:{Guid.CreateVersion7()}", EntryKind.Purchase, Money.FromCents(cents), "Credits"), Ct);

    private static Guid IdOf(Person person) => Guid.Parse(new Uri(person.Page.Url).AbsolutePath.Split('/')[2]);

    internal static Task StateAsync(Person person, string word) =>
        Expect(person.Page.Locator(".state").First).ToHaveTextAsync(word, new() { Timeout = 60_000 });

    private static async Task SayAsync(Person person, string text, bool withEnter = false)
    {
        await person.Page.GetByLabel("Message to robby").FillAsync(text);
        if (withEnter) { await person.Page.GetByLabel("Message to robby").PressAsync("Enter"); }
        else { await person.PressAsync("Send"); }
    }

    private async Task<HttpResponseMessage> SayAsync(string cookie, Guid id, string text, string key, bool isPart)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/bots/{id}/say")
        {
            Content = new FormUrlEncodedContent([new("session", "main"), new("text", text), new("key", key)]),
        };
        request.Headers.Add("Cookie", cookie);
        request.Headers.Add("Origin", Origin);
        if (isPart) { request.Headers.Add("HX-Request", "true"); }
        return await site.Http.SendAsync(request, Ct);
    }

    private async Task<HttpResponseMessage> GetAsync(string cookie, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Cookie", cookie);
        return await site.Http.SendAsync(request, Ct);
    }

    private async Task<HttpResponseMessage> StreamAsync(string cookie, Guid id, string? lastEventId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/bots/{id}/stream?session=main");
        request.Headers.Add("Cookie", cookie);
        if (lastEventId is not null) { request.Headers.Add("Last-Event-ID", lastEventId); }
        return await site.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
    }

    private static async Task<string> UntilAsync(StreamReader reader, string text)
    {
        var heard = "";
        while (!heard.Contains(text, StringComparison.Ordinal))
        {
            heard += await reader.ReadLineAsync(Ct) + "\n";
        }
        return heard;
    }

    private static async Task UntilAsync(Func<bool> holds)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(Patience.Max);
        while (!holds()) { await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token); }
    }
}
