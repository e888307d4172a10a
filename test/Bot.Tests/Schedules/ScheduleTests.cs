using Wopr.Bot.Schedules;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;

namespace Wopr.Bot.Tests.Schedules;

public sealed class ScheduleTests : IAsyncLifetime
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
    public async Task What_is_due_is_said_once()
    {
        await using var bot = Bot();
        var view = bot.Book.Put(Daily("tea"));
        Assert.Equal(Enumerable.Range(1, 5).Select(day => s_start.AddDays(day)), view.Next);

        await bot.Clock.FireAsync(Ct);
        Assert.Empty(bot.Store.List().Sessions);
        _time.Move(TimeSpan.FromDays(1));
        await bot.Clock.FireAsync(Ct);
        await bot.Clock.FireAsync(Ct);

        var turn = DueTimes.TurnId("tea", s_start.AddDays(1));
        Assert.Equal("You said: Drink tea", (await bot.OutcomeAsync(turn)).Text);
        Assert.Single(_model.Asked);
        Assert.Equal(new(s_start.AddDays(1), turn, TurnEnd.Answered), bot.Book.List().Schedules.Single().Last);
        Assert.Equal("schedule:Tea time", bot.Store.Get("main").Log.Read(1, 1)[0].Sender);
    }

    [Fact]
    public async Task A_crash_after_the_turn_and_before_the_book_does_not_say_it_twice()
    {
        byte[] before;
        await using (var bot = Bot())
        {
            bot.Book.Put(Daily("tea"));
            before = await File.ReadAllBytesAsync(_home.File("schedules.json"), Ct);
            _time.Move(TimeSpan.FromDays(1));
            await bot.Clock.FireAsync(Ct);
            await bot.OutcomeAsync(DueTimes.TurnId("tea", s_start.AddDays(1)));
        }
        await File.WriteAllBytesAsync(_home.File("schedules.json"), before, Ct);

        await using var next = Bot();
        await next.Clock.FireAsync(Ct);

        Assert.Single(_model.Asked);
        Assert.Equal(2, next.Store.Get("main").Log.Count);
        Assert.NotNull(next.Book.List().Schedules.Single().Last);
    }

    [Theory]
    [InlineData(MissedRuns.RunOnce, 1)]
    [InlineData(MissedRuns.Skip, 0)]
    public async Task Of_many_that_were_missed_one_is_said_or_none(MissedRuns missed, int said)
    {
        await using var bot = Bot();
        bot.Book.Put(Daily("tea") with { Missed = missed });

        _time.Move(TimeSpan.FromDays(30) + TimeSpan.FromHours(5));
        bot.Grant(TimeSpan.FromHours(1));
        await bot.Clock.FireAsync(Ct);
        await bot.Clock.FireAsync(Ct);

        Assert.Equal(said, bot.Store.NotOver().Count + bot.Store.Answers);
        Assert.Equal(s_start.AddDays(31), bot.Book.List().Schedules.Single().Next[0]);
    }

    [Fact]
    public async Task One_that_is_due_every_minute_is_on_time_again_after_a_year()
    {
        await using var bot = Bot();
        bot.Book.Put(Daily("tick") with { Cron = "* * * * *" });

        _time.Move(TimeSpan.FromDays(365));
        bot.Grant(TimeSpan.FromHours(1));
        await bot.Clock.FireAsync(Ct);
        await bot.OutcomeAsync(DueTimes.TurnId("tick", s_start.AddDays(365)));
        await bot.Clock.FireAsync(Ct);

        Assert.Single(_model.Asked);
    }

    [Theory]
    [InlineData(MissedRuns.RunOnce, 1)]
    [InlineData(MissedRuns.Skip, 0)]
    public async Task One_that_runs_once_is_off_afterwards(MissedRuns missed, int said)
    {
        await using var bot = Bot();
        bot.Book.Put(Daily("once") with { Cron = null, At = s_start.AddHours(1), Missed = missed });

        _time.Move(TimeSpan.FromHours(2));
        bot.Grant(TimeSpan.FromHours(1));
        await bot.Clock.FireAsync(Ct);
        await bot.Clock.FireAsync(Ct);

        Assert.Equal(said, bot.Store.NotOver().Count + bot.Store.Answers);
        Assert.False(bot.Book.List().Schedules.Single().Schedule.IsEnabled);
    }

    [Fact]
    public async Task Without_a_lease_nothing_is_said_and_with_it_what_was_missed()
    {
        await using var bot = Bot();
        bot.Book.Put(Daily("tea"));
        using CancellationTokenSource end = new();
        var running = bot.Clock.RunAsync(end.Token);
        bot.Lease.Lose();
        _time.Move(TimeSpan.FromDays(1));
        Assert.Empty(bot.Store.NotOver());

        bot.Grant(TimeSpan.FromHours(1));
        await Eventually.IsAsync(() =>
        {
            _time.Move(TimeSpan.FromSeconds(1));
            return !_model.Asked.IsEmpty;
        }, "it is said");

        await end.CancelAsync();
        await running.SoonAsync();
    }

    [Fact]
    public async Task Schedules_are_there_after_a_restart_and_a_damaged_file_is_put_aside()
    {
        await using (var bot = Bot()) { bot.Book.Put(Daily("tea")); }
        await using (var bot = Bot()) { Assert.Equal(Daily("tea"), bot.Book.List().Schedules.Single().Schedule); }
        await File.WriteAllTextAsync(_home.File("schedules.json"), """{"schedules":[{}]}""", Ct);

        await using (var bot = Bot())
        {
            Assert.Empty(bot.Book.List().Schedules);
            Assert.StartsWith("schedules.2026", Assert.Single(bot.Store.SetAside), StringComparison.Ordinal);
            bot.Book.Put(Daily("new"));
        }
    }

    [Fact]
    public async Task Said_again_without_a_change_it_does_not_forget_what_is_due()
    {
        await using var bot = Bot();
        bot.Book.Put(Daily("tea"));
        _time.Move(TimeSpan.FromDays(1));
        bot.Grant(TimeSpan.FromHours(1));

        bot.Book.Put(Daily("tea"));
        await bot.Clock.FireAsync(Ct);

        await bot.OutcomeAsync(DueTimes.TurnId("tea", s_start.AddDays(1)));
    }

    [Fact]
    public async Task Nonsense_is_refused()
    {
        await using var bot = Bot();
        Schedule[] nonsense =
        [
            Daily("a b"), Daily(new('x', 65)), Daily("x") with { Name = " " }, Daily("x") with { Name = new('x', 101) },
            Daily("x") with { Session = "../x" }, Daily("x") with { Message = "" }, Daily("x") with { Message = new('x', 32_001) },
            Daily("x") with { TimeZone = "Mars/Olympus" }, Daily("x") with { TimeZone = "" }, Daily("x") with { Cron = "* * *" },
            Daily("x") with { Cron = null }, Daily("x") with { At = s_start.AddDays(1) }, Daily("x") with { Cron = "0 0 30 2 *" },
            Daily("x") with { Cron = null, At = s_start.AddSeconds(-1) },
        ];

        Assert.All(nonsense, schedule => Assert.Throws<LinkRefusedException>(() => bot.Book.Put(schedule)));
        for (var number = 0; number < 100; number++) { bot.Book.Put(Daily($"s{number}")); }
        Assert.Equal("schedule.too_many", Assert.Throws<LinkRefusedException>(() => bot.Book.Put(Daily("s100"))).Problem.Code);
        bot.Book.Put(Daily("s7") with { Name = "Changed" });
        Assert.True(bot.Book.Delete("s8"));
        Assert.False(bot.Book.Delete("s8"));
    }

    [Fact]
    public async Task The_bot_sets_its_own_and_setting_the_same_twice_is_one()
    {
        await using var bot = Bot();
        var arguments = """{"name":"Call Ann","at":"2026-03-02T09:30","message":"Remind me to call Ann"}""";
        _model.Then(Replies.Call(("schedule_add", arguments), ("schedule_add", arguments))).Then(Replies.Say("Set."));
        await bot.AskAsync("Remind me tomorrow", "chat");

        var schedule = Assert.Single(bot.Book.List().Schedules).Schedule;
        Assert.Equal(("Call Ann", new DateTimeOffset(2026, 3, 2, 9, 30, 0, TimeSpan.Zero), "chat"), (schedule.Name, schedule.At!.Value, schedule.Session));
        _model.Then(Replies.Call(("schedule_list", "{}"))).Then(Replies.Say("One."));
        await bot.AskAsync("What is planned?", "chat");
        Assert.Contains("Call Ann, next 2026-03-02 09:30", _model.Asked.Last().Messages[^1].Text, StringComparison.Ordinal);
        _model.Then(Replies.Call(("schedule_remove", $$"""{"id":"{{schedule.Id}}"}"""))).Then(Replies.Say("Gone."));
        await bot.AskAsync("Forget it", "chat");
        Assert.Empty(bot.Book.List().Schedules);
    }

    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static Schedule Daily(string id) =>
        new(id, "Tea time", "0 12 * * *", null, "UTC", "main", "Drink tea", IsEnabled: true, MissedRuns.RunOnce);

    private TestBot Bot()
    {
        TestBot bot = new(_home, _model.Settings, _time);
        bot.Grant(TimeSpan.FromDays(3));
        return bot;
    }
}
