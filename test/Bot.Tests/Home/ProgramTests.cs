using System.Diagnostics;
using System.Text.RegularExpressions;
using Wopr.Bot.Sessions;
using Wopr.Bot.Tests.Model;
using Wopr.Protocol;
using Wopr.Testing;

namespace Wopr.Bot.Tests.Home;

public sealed partial class ProgramTests : IAsyncLifetime
{
    private readonly TestHome _home = new();
    private readonly Guid _bot = Guid.CreateVersion7();
    private readonly List<BotChild> _children = [];
    private FakeModel _model = null!;
    private FakePlatform _platform = null!;

    public async ValueTask InitializeAsync()
    {
        _model = await FakeModel.StartAsync();
        _platform = await FakePlatform.StartAsync();
        BotChild.Mark(_home.Path, _bot);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children) { child.Dispose(); }
        await _platform.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task It_dials_home_answers_and_tells()
    {
        var child = Start();

        var turn = await SayAsync("Hello");
        var outcome = await EndAsync(turn);

        Assert.Equal((TurnEnd.Answered, "You said: Hello"), (outcome.End, outcome.Text));
        Assert.Equal((_bot, 3), (_platform.Hellos.First().BotId, _platform.Hellos.First().Generation));
        Assert.Equal("Bearer link-key-of-a-test", _platform.Keys.First());
        Assert.Equal("Bearer gateway-key-of-a-test", _model.Asked.First().Authorization);
        Assert.Equal(outcome, (await _platform.AskAsync(BotVerbs.Turn, Ask(turn, "Hello"))).Outcome);
        await Eventually.IsAsync(() => child.Lines.Any(line => line.Contains("is over: Answered", StringComparison.Ordinal)), "it is logged");
        Assert.All(child.Lines, line => Assert.Matches(LogLine(), line));
        Assert.DoesNotContain(child.Lines, line => line.Contains("Hello", StringComparison.Ordinal) || line.Contains("key-of-a-test", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Everything_the_platform_may_ask_is_answered()
    {
        Start();
        var turn = await SayAsync("Hello");
        await EndAsync(turn);

        List<SessionEvent> heard = [];
        await foreach (var happened in (await _platform.LinkAsync()).FollowAsync(BotVerbs.Watch, new("main", $"{turn}:0"), Ct))
        {
            heard.Add(happened);
            if (happened.Kind == SessionEventKind.Done) { break; }
        }
        Assert.Equal([SessionEventKind.Message, SessionEventKind.Text, SessionEventKind.Done], heard.Select(happened => happened.Kind));
        Assert.Equal("main", (await _platform.AskAsync(BotVerbs.Sessions, Nothing.Instance)).Sessions.Single().Session);
        Assert.Equal(["Hello", "You said: Hello"], (await _platform.AskAsync(BotVerbs.Read, new("main", null, 10))).Entries.Select(entry => entry.Text));
        await _platform.AskAsync(BotVerbs.WriteFile, new("memory/SOUL.md", "You are Ada.", null));
        Assert.Equal("You are Ada.", (await _platform.AskAsync(BotVerbs.ReadFile, new("memory/SOUL.md"))).Text);
        Assert.Single((await _platform.AskAsync(BotVerbs.Files, Nothing.Instance)).Files);
        Schedule schedule = new("tea", "Tea", "0 12 * * *", null, "Europe/Berlin", "main", "Drink tea", true, MissedRuns.Skip);
        Assert.Equal(5, (await _platform.AskAsync(BotVerbs.PutSchedule, schedule)).Next.Count);
        Assert.Equal(schedule, (await _platform.AskAsync(BotVerbs.Schedules, Nothing.Instance)).Schedules.Single().Schedule);
        await _platform.AskAsync(BotVerbs.DeleteSchedule, new("tea"));
        await _platform.AskAsync(BotVerbs.Cancel, new(turn));
        var status = await _platform.AskAsync(BotVerbs.Status, Nothing.Instance);
        Assert.Equal((true, 1, 0, 1, 11, 5), (status.HasLease, status.Sessions, status.Running, status.Turns, status.InputTokens, status.OutputTokens));
        await _platform.AskAsync(BotVerbs.DeleteSession, new("main"));
        Assert.Empty((await _platform.AskAsync(BotVerbs.Sessions, Nothing.Instance)).Sessions);
        var refusal = await Assert.ThrowsAsync<LinkRefusedException>(() => _platform.AskAsync(BotVerbs.ReadFile, new("../etc/passwd")));
        Assert.Equal("file.invalid_path", refusal.Problem.Code);
    }

    [Fact]
    public async Task Told_to_stop_it_is_gone_within_ten_seconds_and_goes_on_with_its_turns_later()
    {
        _model.Then(Replies.Silence);
        var child = Start();
        var turn = await SayAsync("Hello");
        await Eventually.IsAsync(() => _model.Asked.Count == 1, "the model is asked");
        var began = Stopwatch.GetTimestamp();

        child.Terminate();

        Assert.Equal(0, await child.ExitAsync());
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
        _model.Always(Replies.Say("later"));
        Start();
        Assert.Equal("later", (await EndAsync(turn)).Text);
    }

    [Fact]
    public async Task At_whatever_moment_it_is_told_to_stop_it_stops_and_loses_nothing()
    {
        _model.Always(Replies.Silence);
        List<Guid> turns = [];
        for (var stop = 0; stop < 8; stop++)
        {
            var child = Start();
            turns.Add(await SayAsync($"{stop}"));
            await Task.Delay(Random.Shared.Next(300), Ct);
            child.Terminate();
            Assert.Equal(0, await child.ExitAsync());
        }
        _model.Always(Replies.Say("answered"));
        Start();
        foreach (var turn in turns) { Assert.Equal("answered", (await EndAsync(turn)).Text); }
    }

    [Fact]
    public async Task A_generation_that_was_replaced_ends_by_itself()
    {
        var child = Start();
        await SayAsync("Hello");
        _platform.LeaseSeconds = 0;

        Assert.Equal(0, await child.ExitAsync());
        Assert.Contains(child.Lines, line => line.Contains("replaced by a newer one", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Cut_off_from_the_platform_it_goes_quiet_within_its_lease_and_comes_back()
    {
        _platform.LeaseSeconds = 2;
        _model.Then(Replies.Silence).Then(Replies.Say("back"));
        Start();
        var turn = await SayAsync("Hello");
        await Eventually.IsAsync(() => _model.Asked.Count == 1, "the model is asked");
        TaskCompletionSource back = new();
        _platform.AnswersLeases = back.Task;

        var link = await _platform.LinkAsync();
        BotStatus status;
        do { status = await link.AskAsync(BotVerbs.Status, Nothing.Instance, Ct).SoonAsync(); }
        while (status.HasLease || status.Running > 0);

        Assert.Equal(1, status.Waiting);
        Assert.Single(_model.Asked);
        _platform.LeaseSeconds = 15;
        back.SetResult();
        Assert.Equal("back", (await EndAsync(turn)).Text);
    }

    [Theory]
    [InlineData("no marker")]
    [InlineData("another bot")]
    [InlineData("another generation")]
    [InlineData("nonsense")]
    public async Task It_does_not_touch_a_folder_that_is_not_marked_as_its_own(string marker)
    {
        var path = _home.File(".wopr-data.json");
        if (marker == "no marker") { File.Delete(path); }
        else if (marker == "another bot") { BotChild.Mark(_home.Path, Guid.CreateVersion7()); }
        else if (marker == "another generation") { BotChild.Mark(_home.Path, _bot, 2); }
        else { await File.WriteAllTextAsync(path, "{", Ct); }

        var child = Start();

        Assert.Equal(78, await child.ExitAsync());
        Assert.Contains(".wopr-data.json", Assert.Single(child.Errors), StringComparison.Ordinal);
        Assert.DoesNotContain("sessions", Directory.GetDirectories(_home.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Settings_that_are_missing_are_all_named()
    {
        var child = BotChild.Start([]);
        _children.Add(child);
        Assert.Equal(78, await child.ExitAsync());
        Assert.All(["WOPR_HOME", "WOPR_PLATFORM_URL", "WOPR_BOT_ID", "WOPR_GENERATION", "WOPR_LINK_KEY"],
            name => Assert.Contains(child.Errors, line => line.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Two_processes_never_share_a_folder()
    {
        Start();
        await SayAsync("Hello");
        var second = Start();
        Assert.Equal(75, await second.ExitAsync());
    }

    [Fact]
    public async Task Health_is_about_this_process_alone()
    {
        Assert.Equal(1, await HealthAsync());
        await _platform.DisposeAsync();
        var child = Start();
        await Eventually.IsAsync(() => File.Exists(_home.File(".alive")), "its heart beats");
        Assert.Equal(0, await HealthAsync());
        child.Kill();
        File.SetLastWriteTimeUtc(_home.File(".alive"), TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(-21));
        Assert.Equal(1, await HealthAsync());
    }

    [Fact]
    public async Task Killed_again_and_again_it_answers_every_message_once()
    {
        _model.Then(async (asked, response, ct) =>
        {
            foreach (var piece in (string[])["You ", "said: ", asked.Messages[^1].Text])
            {
                await Replies.SendAsync(response, $$$"""{"choices":[{"delta":{"content":"{{{piece}}}"}}]}""", ct);
                await Task.Delay(Random.Shared.Next(40), ct);
            }
            await Replies.EndAsync(response, ct);
        });
        var child = Start();
        var turns = Enumerable.Range(0, 45).Select(number => (Id: Guid.CreateVersion7(), Text: $"message {number}", Session: $"s{number % 3}")).ToList();
        var saying = Task.WhenAll(turns.Select(async turn =>
        {
            await Task.Delay(Random.Shared.Next(6_000), Ct);
            await _platform.AskAsync(BotVerbs.Turn, new(turn.Id, turn.Session, turn.Text, null, null));
        }));
        for (var kill = 0; kill < 12; kill++)
        {
            await Eventually.IsAsync(() => child.Lines.Any(line => line.Contains("lets this bot work", StringComparison.Ordinal)), "it works");
            await Task.Delay(Random.Shared.Next(400), Ct);
            child.Kill();
            await child.ExitAsync();
            child = Start();
        }
        await saying.WaitAsync(Patience.Max, Ct);
        foreach (var turn in turns) { Assert.Equal($"You said: {turn.Text}", (await EndAsync(turn.Id)).Text); }
        await Eventually.IsAsync(() => child.Lines.Any(line => line.Contains("lets this bot work", StringComparison.Ordinal)), "it works");
        child.Terminate();
        Assert.Equal(0, await child.ExitAsync());

        var store = SessionStore.Open(_home.Path, TimeProvider.System, _home.Log);
        foreach (var session in turns.GroupBy(turn => turn.Session))
        {
            var entries = store.Get(session.Key).Log.Read(1, long.MaxValue);
            Assert.Equal(session.Select(turn => turn.Id).Order(), entries.Where(entry => entry.Kind == EntryKind.Message).Select(entry => entry.Turn).Order());
            Assert.Equal(session.Select(turn => turn.Id).Order(), entries.Where(entry => entry.Kind == EntryKind.Answer).Select(entry => entry.Turn).Order());
        }
        foreach (var same in _platform.Ended.GroupBy(ended => ended.TurnId)) { Assert.Single(same.Distinct()); }
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private BotChild Start()
    {
        var child = BotChild.Start(BotChild.Settings(_home.Path, _platform.Address, _model.Address, _bot));
        _children.Add(child);
        return child;
    }

    private async Task<int> HealthAsync()
    {
        using var child = BotChild.Start(new() { ["WOPR_HOME"] = _home.Path }, "health");
        return await child.ExitAsync();
    }

    private static TurnAsk Ask(Guid turn, string text) => new(turn, "main", text, null, null);

    private async Task<Guid> SayAsync(string text) =>
        (await _platform.AskAsync(BotVerbs.Turn, Ask(Guid.CreateVersion7(), text))).TurnId;

    private async Task<TurnOutcome> EndAsync(Guid turn)
    {
        await Eventually.IsAsync(() => _platform.Ended.Any(ended => ended.TurnId == turn), "the end is told");
        return _platform.Ended.First(ended => ended.TurnId == turn).Outcome;
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \[(DEBUG|INFO|WARN|ERROR)\] \S")]
    private static partial Regex LogLine();
}
