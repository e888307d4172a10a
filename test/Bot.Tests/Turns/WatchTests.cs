using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Turns;

public sealed class WatchTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private FakeModel _model = null!;
    private TestBot _bot = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync();
        _bot = new(_home, _model.Settings);
    }

    public async ValueTask DisposeAsync()
    {
        await _bot.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Two_who_follow_see_the_same()
    {
        TaskCompletionSource go = new();
        _model.Then(Replies.SayThenWait("Hel", go.Task)).Then(Replies.Say("two"));
        var turn = (await _bot.SayAsync("Hello")).TurnId;
        var early = _bot.HearAsync(null, turn);
        await Eventually.IsAsync(() => _bot.Desk.TapeOf(turn)!.Last == 2, "something was said");
        var late = _bot.HearAsync(null, turn);
        go.SetResult();

        Assert.Equal(Whole(await early.SoonAsync()), Whole(await late.SoonAsync()));
        Assert.Equal([(SessionEventKind.Message, "Hello"), (SessionEventKind.Text, "Hel"), (SessionEventKind.Done, null)],
            (await late).Select(happened => (happened.Kind, happened.Text)));
        Assert.Equal([$"{turn}:1", $"{turn}:2", $"{turn}:3"], (await late).Select(happened => happened.Id));
    }

    [Fact]
    public async Task After_a_break_one_goes_on_where_one_was()
    {
        _model.Then(Replies.Say("a", "b", "c"));
        var first = (await _bot.SayAsync("1")).TurnId;
        await _bot.OutcomeAsync(first);
        _model.Then(Replies.Say("d"));
        var second = (await _bot.SayAsync("2")).TurnId;
        await _bot.OutcomeAsync(second);

        var rest = await _bot.HearAsync($"{first}:2", second).SoonAsync();

        Assert.Equal([(first, "bc"), (first, null), (second, "2"), (second, "d"), (second, null)],
            rest.Select(happened => (happened.TurnId, happened.Text)));
    }

    [Fact]
    public async Task Whoever_names_nothing_hears_what_is_not_over_and_what_comes()
    {
        await _bot.AskAsync("over");
        TaskCompletionSource go = new();
        _model.Then(Replies.SayThenWait("on", go.Task)).Then(Replies.Say("next"));
        var running = (await _bot.SayAsync("running")).TurnId;
        var waiting = (await _bot.SayAsync("waiting")).TurnId;
        var hearing = _bot.HearAsync(null, waiting);
        go.SetResult();

        var heard = await hearing.SoonAsync();

        Assert.Equal(["running", "on", null, "waiting", "next", null], heard.Select(happened => happened.Text));
        Assert.Equal(running, heard[0].TurnId);
    }

    [Fact]
    public async Task Whoever_follows_before_anything_was_said_hears_the_first_turn()
    {
        var id = Guid.CreateVersion7();
        var hearing = _bot.HearAsync(null, id, "new");
        await _bot.SayAsync("Hello", "new", id);
        Assert.Equal("Hello", (await hearing.SoonAsync())[0].Text);
    }

    [Fact]
    public async Task A_turn_that_is_known_from_the_disk_only_is_told_whole()
    {
        _model.Then(Replies.Say("a", "b"));
        var turn = (await _bot.SayAsync("Hello")).TurnId;
        await _bot.OutcomeAsync(turn);
        var done = (await _bot.HearAsync($"{turn}:0", turn).SoonAsync())[^1].Id;
        await _bot.DisposeAsync();
        _bot = new(_home, _model.Settings);
        _model.Then(Replies.Say("second"));
        var second = (await _bot.SayAsync("And?")).TurnId;

        var part = await _bot.HearAsync($"{turn}:2", second).SoonAsync();
        var all = await _bot.HearAsync(done, second).SoonAsync();

        Assert.Equal([(SessionEventKind.Reset, null), (SessionEventKind.Text, "ab"), (SessionEventKind.Done, null)],
            part.Where(happened => happened.TurnId == turn).Select(happened => (happened.Kind, happened.Text)));
        Assert.Equal(done, part.First(happened => happened.Kind == SessionEventKind.Done).Id);
        Assert.All(all, happened => Assert.Equal(second, happened.TurnId));
    }

    [Fact]
    public async Task A_failure_is_told_and_then_it_is_done()
    {
        _model.Then(Replies.Refuse(402));
        var turn = (await _bot.SayAsync("Hello")).TurnId;

        var heard = await _bot.HearAsync($"{turn}:0", turn).SoonAsync();

        Assert.Equal([SessionEventKind.Message, SessionEventKind.Error, SessionEventKind.Done], heard.Select(happened => happened.Kind));
        Assert.Contains("Buy credits", heard[1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_goes_on_when_nobody_follows_any_more()
    {
        TaskCompletionSource go = new();
        _model.Then(Replies.SayThenWait("said to nobody", go.Task));
        var turn = (await _bot.SayAsync("Hello")).TurnId;
        using (CancellationTokenSource leave = new())
        {
            await foreach (var _ in _bot.Watch.FollowAsync(new("main", null), leave.Token)) { break; }
        }
        go.SetResult();
        Assert.Equal("said to nobody", (await _bot.OutcomeAsync(turn)).Text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("x:y")]
    [InlineData("00000000-0000-0000-0000-000000000000:-1")]
    [InlineData("00000000-0000-0000-0000-000000000000:3")]
    public async Task A_place_that_is_none_is_taken_for_now(string after)
    {
        await _bot.AskAsync("over");
        TaskCompletionSource go = new();
        _model.Then(Replies.SayThenWait("on", go.Task));
        var turn = (await _bot.SayAsync("running")).TurnId;
        var hearing = _bot.HearAsync(after, turn);
        go.SetResult();
        Assert.All(await hearing.SoonAsync(), happened => Assert.Equal(turn, happened.TurnId));
    }

    private static string Whole(IEnumerable<SessionEvent> events) =>
        string.Concat(events.Where(happened => happened.Kind == SessionEventKind.Text).Select(happened => happened.Text));
}
