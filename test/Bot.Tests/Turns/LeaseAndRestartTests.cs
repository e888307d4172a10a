using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Turns;

public sealed class LeaseAndRestartTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private readonly TestTime _time = new();
    private FakeModel _model = null!;

    public async ValueTask InitializeAsync() => _model = await FakeModel.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task Without_a_lease_no_turn_is_taken()
    {
        await using TestBot bot = new(_home, _model.Settings, _time, leased: false);

        var saying = bot.SayAsync("Hello");
        // A lease that comes a moment later would do.
        await Eventually.IsAsync(() =>
        {
            _time.Move(TimeSpan.FromSeconds(1));
            return saying.IsCompleted;
        }, "it is answered");
        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => saying);

        Assert.Equal("bot.no_lease", refusal.Problem.Code);
        Assert.Equal(0, bot.Store.Get("main").Log.Count);
    }

    [Fact]
    public async Task When_the_lease_ends_what_runs_is_stopped_and_runs_again_with_the_next()
    {
        await using TestBot bot = new(_home, _model.Settings, _time, leased: false);
        bot.Grant(TimeSpan.FromSeconds(15));
        _model.Then(Replies.SayThenWait("first try", new TaskCompletionSource().Task)).Then(Replies.Say("second try"));
        var turn = (await bot.SayAsync("Hello")).TurnId;
        var waiting = (await bot.SayAsync("And?")).TurnId;
        await Eventually.IsAsync(() => bot.Desk.TapeOf(turn)!.Last == 2, "something was said");

        _time.Move(TimeSpan.FromSeconds(15));
        await Eventually.IsAsync(() => bot.Desk.Running == 0, "it is quiet");
        Assert.False(bot.Store.FindTurn(turn)!.IsOver);
        Assert.Single(_model.Asked);
        bot.Grant(TimeSpan.FromSeconds(15));

        Assert.Equal("second try", (await bot.OutcomeAsync(turn)).Text);
        await bot.OutcomeAsync(waiting);
        var heard = await bot.HearAsync($"{turn}:0", turn).SoonAsync();
        Assert.Equal([SessionEventKind.Message, SessionEventKind.Text, SessionEventKind.Reset, SessionEventKind.Text, SessionEventKind.Done],
            heard.Select(happened => happened.Kind));
    }

    [Fact]
    public async Task A_turn_that_takes_too_long_fails_and_can_be_tried_again()
    {
        await using TestBot bot = new(_home, _model.Settings, _time);
        _model.Then(Replies.SayThenWait("slow", new TaskCompletionSource().Task));
        var turn = (await bot.SayAsync("Hello")).TurnId;
        await Eventually.IsAsync(() => bot.Desk.TapeOf(turn)!.Last == 2, "something was said");

        _time.Move(TimeSpan.FromMinutes(10));

        var outcome = await bot.OutcomeAsync(turn);
        Assert.Equal((TurnEnd.Failed, "slow", true), (outcome.End, outcome.Text, outcome.CanRetry));
        Assert.Contains("ten minutes", outcome.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_taken_and_has_no_outcome_runs_again_after_a_restart()
    {
        Guid first, second;
        await using (TestBot bot = new(_home, _model.Settings, _time))
        {
            _model.Then(Replies.SayThenWait("half", new TaskCompletionSource().Task));
            first = (await bot.SayAsync("one")).TurnId;
            second = (await bot.SayAsync("two")).TurnId;
            await Eventually.IsAsync(() => bot.Desk.TapeOf(first)!.Last == 2, "something was said");
        }
        _time.Move(TimeSpan.FromSeconds(1));
        _model.Then(Replies.Say("whole"));

        await using TestBot next = new(_home, _model.Settings, _time);

        Assert.Equal("whole", (await next.OutcomeAsync(first)).Text);
        await next.OutcomeAsync(second);
        Assert.Equal(["one", "one", "two"], _model.Asked.Select(asked => asked.Messages[^1].Text));
        // Whoever heard half of it before hears that this is void.
        var heard = await next.HearAsync($"{first}:2", first).SoonAsync();
        Assert.Equal(SessionEventKind.Reset, heard[0].Kind);
        Assert.Equal("whole", string.Concat(After(heard, SessionEventKind.Reset).Where(happened => happened.Kind == SessionEventKind.Text)
            .Select(happened => happened.Text)));
        Assert.Equal(4, next.Store.Get("main").Log.Count);
    }

    [Fact]
    public async Task The_end_is_told_until_it_is_answered_also_after_a_restart_and_then_no_more()
    {
        Guid told, untold;
        await using (TestBot bot = new(_home, _model.Settings))
        {
            told = (await bot.SayAsync("one")).TurnId;
            await Eventually.IsAsync(() => bot.Told.Count == 1, "the first end is told");
            bot.PlatformIsBack = new TaskCompletionSource().Task;
            untold = (await bot.SayAsync("two")).TurnId;
            await bot.OutcomeAsync(untold);
        }
        await using (TestBot bot = new(_home, _model.Settings))
        {
            await Eventually.IsAsync(() => !bot.Told.IsEmpty, "the second end is told");
            Assert.Equal([untold], bot.Told.Select(ended => ended.TurnId));
        }
        await using (TestBot bot = new(_home, _model.Settings))
        {
            var third = (await bot.SayAsync("three")).TurnId;
            await Eventually.IsAsync(() => !bot.Told.IsEmpty, "the third end is told");
            Assert.Equal([third], bot.Told.Select(ended => ended.TurnId));
        }
        // Without the note all are told again, which changes nothing.
        await File.WriteAllTextAsync(_home.File("told.json"), "{", TestContext.Current.CancellationToken);
        await using (TestBot bot = new(_home, _model.Settings))
        {
            await Eventually.IsAsync(() => bot.Told.Count == 3, "all ends are told");
            Assert.Equal(told, bot.Told.First().TurnId);
        }
    }

    [Fact]
    public async Task Told_to_stop_it_finishes_what_is_quick_and_keeps_the_rest_for_later()
    {
        TaskCompletionSource go = new();
        _model.Then(Replies.SayThenWait("quick", go.Task)).Then(Replies.SayThenWait("slow", new TaskCompletionSource().Task));
        Guid quick, slow;
        await using (TestBot bot = new(_home, _model.Settings, _time))
        {
            quick = (await bot.SayAsync("1", "a")).TurnId;
            await Eventually.IsAsync(() => _model.Asked.Count == 1, "the first runs");
            slow = (await bot.SayAsync("2", "b")).TurnId;
            await Eventually.IsAsync(() => _model.Asked.Count == 2, "both run");
            var stopping = bot.Desk.StopAsync(TimeSpan.FromSeconds(5));
            Assert.Equal("bot.stopping", (await Assert.ThrowsAsync<LinkRefusedException>(() => bot.SayAsync("3"))).Problem.Code);
            go.SetResult();
            Assert.Equal("quick", (await bot.OutcomeAsync(quick)).Text);
            Assert.False(stopping.IsCompleted);
            _time.Move(TimeSpan.FromSeconds(5));
            await stopping.SoonAsync();
            Assert.False(bot.Store.FindTurn(slow)!.IsOver);
        }
        _model.Then(Replies.Say("done later"));
        await using TestBot next = new(_home, _model.Settings, _time);
        Assert.Equal("done later", (await next.OutcomeAsync(slow)).Text);
    }

    private static IEnumerable<SessionEvent> After(List<SessionEvent> events, SessionEventKind kind) =>
        events.Skip(events.FindLastIndex(happened => happened.Kind == kind));
}
