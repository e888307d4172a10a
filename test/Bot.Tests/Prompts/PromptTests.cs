using FsCheck;
using FsCheck.Fluent;
using Wopr.Bot.Sessions;
using Wopr.Bot.Tests.Model;

namespace Wopr.Bot.Tests.Prompts;

public sealed class PromptTests : IAsyncLifetime
{
    private const string Soul = "You are Ada, and nobody else.";

    private readonly TestHome _home = new();
    private FakeModel _model = null!;

    public async ValueTask InitializeAsync() => _model = await FakeModel.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task The_system_text_says_who_it_is_what_it_knows_and_what_time_it_is()
    {
        await using TestBot bot = new(_home, _model.Settings, new TestTime());
        bot.Files.Write(new("memory/SOUL.md", Soul, null));
        bot.Files.Write(new("memory/USER.md", "She is Ann.", null));
        bot.Files.Write(new("memory/MEMORY.md", "Ann likes tea.", null));
        bot.Files.Write(new("skills/tea.md", "# Making tea\nBoil.", null));

        await bot.AskAsync("Hello");

        var text = _model.Asked.Single().Messages[0].Text;
        Assert.All([Soul, "She is Ann.", "Ann likes tea.", "- tea: Making tea", "Sunday, 1 March 2026, 12:00 (UTC)"],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.DoesNotContain("Boil", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_long_ago_is_summed_up_once_and_the_summary_is_kept()
    {
        await using TestBot bot = new(_home, _model.Settings, budget: 2_000);
        _model.Then(SumUpOrEcho("They talked about numbers."));
        for (var turn = 1; turn <= 12; turn++) { await bot.AskAsync($"{turn} {new string('x', 900)}"); }

        var entries = bot.Store.Get("main").Log.Read(1, 99);
        Assert.Contains(entries, entry => entry is { Kind: EntryKind.Summary, Text: "They talked about numbers." });
        var last = _model.Asked.Last().Messages;
        Assert.Equal(("system", "What was said before, summed up:\nThey talked about numbers."), last[1]);
        Assert.StartsWith("12 ", last[^1].Text, StringComparison.Ordinal);
        Assert.Equal(SessionReader.Read(bot.Store, new("main", null, 200)).Entries.Count, entries.Count);

        // The next turn does not sum up again, and a restart does not forget it.
        var asked = _model.Asked.Count;
        await bot.DisposeAsync();
        await using TestBot next = new(_home, _model.Settings, budget: 8_000);
        await next.AskAsync("short");
        Assert.Equal(asked + 1, _model.Asked.Count);
        Assert.Contains(_model.Asked.Last().Messages, message => message.Text.Contains("talked about numbers", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_summing_up_fails_the_oldest_is_left_out()
    {
        await using TestBot bot = new(_home, _model.Settings, budget: 2_000);
        _model.Then(async (asked, response, ct) =>
            await (IsSummary(asked) ? Replies.Refuse(500) : Replies.Say("fine"))(asked, response, ct));
        for (var turn = 1; turn <= 12; turn++) { Assert.Equal("fine", (await bot.AskAsync($"{turn} {new string('x', 1_200)}")).Text); }

        var users = _model.Asked.Last(asked => !IsSummary(asked)).Messages.Where(message => message.Role == "user").ToList();
        Assert.Equal(Enumerable.Range(6, 7).Select(number => $"{number}"), users.Select(message => message.Text.Split(' ')[0]));
        Assert.Contains("was not summed up", _home.Logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_of_turns_that_were_replaced_is_not_shown()
    {
        await using TestBot bot = new(_home, _model.Settings, budget: 2_000);
        _model.Then(SumUpOrEcho("A secret that was taken back."));
        var first = (await bot.SayAsync("A secret")).TurnId;
        for (var turn = 1; turn <= 12; turn++) { await bot.AskAsync($"{turn} {new string('x', 900)}"); }

        await bot.AskAsync("Forget the secret", replaces: first);

        Assert.Equal(["Forget the secret"], _model.Asked.Last().Messages.Skip(1).Select(message => message.Text));
    }

    [Fact]
    public void Whatever_was_said_the_system_text_the_last_turns_and_the_message_are_there()
    {
        var sizes = Gen.Choose(1, 3_000).NonEmptyListOf().Select(list => list.Take(14).ToList());
        Prop.ForAll(sizes.ToArbitrary(), Gen.Choose(100, 4_000).ToArbitrary(), Gen.Elements(true, false).ToArbitrary(), (lengths, budget, sums) =>
            CheckAsync(lengths, budget, sums).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(15));
    }

    private static async Task CheckAsync(List<int> lengths, int budget, bool sums)
    {
        using TestHome home = new();
        await using var model = await FakeModel.StartAsync();
        model.Then(sums ? SumUpOrEcho("summary") : async (asked, response, ct) =>
            await (IsSummary(asked) ? Replies.Refuse(500) : Replies.Say("ok"))(asked, response, ct));
        await using TestBot bot = new(home, model.Settings, budget: budget);
        bot.Files.Write(new("memory/SOUL.md", Soul, null));
        foreach (var (turn, length) in lengths.Index()) { await bot.AskAsync($"{turn} {new string('x', length)}"); }

        foreach (var asked in model.Asked.Where(asked => !IsSummary(asked)))
        {
            var messages = asked.Messages;
            Assert.StartsWith(Soul, messages[0].Text, StringComparison.Ordinal);
            var users = messages.Where(message => message.Role == "user").Select(message => int.Parse(message.Text.Split(' ')[0], null)).ToList();
            Assert.Equal(Enumerable.Range(users[0], users.Count), users);
            Assert.True(users.Count >= Math.Min(users[^1] + 1, 7));
            Assert.All(messages.Where(message => message.Role == "user"), message =>
                Assert.Equal(lengths[int.Parse(message.Text.Split(' ')[0], null)], message.Text.Split(' ')[1].Length));
        }
    }

    private static bool IsSummary(Asked asked) => asked.Messages[0].Text.StartsWith("Sum up", StringComparison.Ordinal);

    private static Reply SumUpOrEcho(string summary) => async (asked, response, ct) =>
        await Replies.Say(IsSummary(asked) ? summary : "ok")(asked, response, ct);
}
