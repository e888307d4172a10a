using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests;

public sealed class ChatTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_said_reaches_the_bot_and_ends_as_the_bot_says()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();

        var said = await SayAsync(world, bot, "hello", "c1");
        Assert.Equal(("s1", "running", "c1"), (said.StreamId, said.State, said.ClientId));

        await TurnAsync(world, said.TurnId, "answered");
        var heard = Assert.Single(agent.Disks[bot.Id].Turns);
        Assert.Equal((said.TurnId, "s1", "hello", FleetWorld.Tenant), (heard.TurnId, heard.Session, heard.Text, heard.Sender));
        Assert.Equal(["test 1 2"], await world.TextsAsync($"select model || ' ' || input_tokens || ' ' || output_tokens from fleet.turn"));
    }

    [Fact]
    public async Task Said_twice_it_is_one_message_and_another_text_is_refused()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();

        var all = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => SayAsync(world, bot, "hello", "c1")));
        Assert.Single(all.Select(said => said.TurnId).Distinct());
        await TurnAsync(world, all[0].TurnId, "answered");
        Assert.Equal("answered", (await SayAsync(world, bot, "hello", "c1")).State);
        Assert.Single(agent.Disks[bot.Id].Turns);

        using var http = world.Http();
        using var other = await PostAsync(http, bot, "bye", "c1");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "fleet.client_id_used"), (other.StatusCode, await CodeAsync(other)));
    }

    [Fact]
    public async Task A_stopped_bot_gets_its_messages_in_order_when_it_starts()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);

        for (var at = 0; at < 10; at++)
        {
            var said = await SayAsync(world, bot, $"message {at}", $"c{at}");
            Assert.Equal(("waiting", "The bot is stopped. It gets this when it is started."), (said.State, said.Note));
        }
        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);

        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Disks[bot.Id].Turns.Count == 10));
        Assert.Equal(Enumerable.Range(0, 10).Select(at => $"message {at}"), agent.Disks[bot.Id].Turns.Select(turn => turn.Text));
        await FleetWorld.UntilAsync(async () => (await world.TextsAsync($"select id::text from fleet.turn where state = 'answered'")).Count == 10);
    }

    [Fact]
    public async Task A_bot_that_dies_over_it_goes_on_with_the_same_message()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var disk = agent.Disks[bot.Id];
        disk.Answers = false;
        var said = await SayAsync(world, bot, "hello", "c1");
        await TurnAsync(world, said.TurnId, "running");

        await agent.KillAsync(bot.Id, Ct);
        await world.Registry.RestartAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
        disk.Answers = true;
        disk.End(said.TurnId, TurnEnd.Answered, "hi");

        await TurnAsync(world, said.TurnId, "answered");
        Assert.Equal(said.TurnId, Assert.Single(disk.Turns).TurnId);
    }

    [Fact]
    public async Task How_it_ended_is_heard_once_and_only_of_ones_own()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        agent.Disks[bot.Id].Answers = false;
        var said = await SayAsync(world, bot, "hello", "c1");
        await TurnAsync(world, said.TurnId, "running");
        var (failed, answered) = (new TurnOutcome(TurnEnd.Failed, "", "No.", true, null, 0, 0, 0), new TurnOutcome(TurnEnd.Answered, "", null, false, null, 0, 0, 0));
        var turns = world.Get<TurnDelivery>();

        await turns.HearAsync(Guid.CreateVersion7(), new(said.TurnId, "s1", answered), Ct);
        await TurnAsync(world, said.TurnId, "running");
        await turns.HearAsync(bot.Id, new(said.TurnId, "s1", failed), Ct);
        await turns.HearAsync(bot.Id, new(said.TurnId, "s1", answered), Ct);

        await TurnAsync(world, said.TurnId, "failed");
        Assert.Equal(["No. true"], await world.TextsAsync($"select problem || ' ' || can_retry from fleet.turn"));
    }

    [Fact]
    public async Task What_failed_is_tried_again_in_place_of_it()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var disk = agent.Disks[bot.Id];
        disk.Answers = false;
        var said = await SayAsync(world, bot, "hello", "c1");
        await TurnAsync(world, said.TurnId, "running");
        using var http = world.Http();
        var path = $"/fleet/bots/{bot.Id}/turns/{said.TurnId}/retry";

        using var early = await http.PostAsJsonAsync(path, new { }, Ct);
        Assert.Equal((HttpStatusCode.Conflict, "fleet.turn_not_over"), (early.StatusCode, await CodeAsync(early)));
        // As a turn is that came through a channel: only the bot has it.
        using var foreign = await http.PostAsJsonAsync($"/fleet/bots/{bot.Id}/turns/{Guid.CreateVersion7()}/retry", new { message = "x" }, Ct);
        Assert.Equal((HttpStatusCode.NotFound, "fleet.turn_not_said_here"), (foreign.StatusCode, await CodeAsync(foreign)));
        disk.End(said.TurnId, TurnEnd.Failed, "The model is busy.");
        await TurnAsync(world, said.TurnId, "failed");
        disk.Answers = true;
        var again = await (await http.PostAsJsonAsync(path, new { message = "hello?" }, Ct)).Content.ReadFromJsonAsync<SaidView>(Ct);

        await TurnAsync(world, again!.TurnId, "answered");
        Assert.Equal((said.TurnId, "hello?"), (disk.Turns[^1].Replaces, disk.Turns[^1].Text));
    }

    [Fact]
    public async Task A_bot_that_takes_nothing_yet_is_asked_again_and_one_that_never_will_is_not()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var disk = agent.Disks[bot.Id];
        disk.NotYet = 5;
        await TurnAsync(world, (await SayAsync(world, bot, "hello", "c1")).TurnId, "answered");

        disk.Refuses = true;
        var said = await SayAsync(world, bot, "hello", "c2");

        await TurnAsync(world, said.TurnId, "failed");
        Assert.Equal(["Write something first."], await world.TextsAsync($"select problem from fleet.turn where id = {said.TurnId}"));
    }

    [Fact]
    public async Task What_a_bot_refuses_is_shown_as_failed_now_and_after_every_reload()
    {
        await using var world = await FleetWorld.StartAsync(replicas: 2);
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();
        await using var here = await EventReader.OpenAsync(world.Http(), StreamOf(bot), null, Ct);
        await using var elsewhere = await EventReader.OpenAsync(world.Http(replica: 1), StreamOf(bot), null, Ct);
        agent.Disks[bot.Id].Refuses = true;

        var said = await SayAsync(world, bot, "hello", "c1");

        string[] told = [" message hello", " error Write something first.", " done "];
        await using var later = await EventReader.OpenAsync(world.Http(), StreamOf(bot), null, Ct);
        foreach (var reader in (EventReader[])[here, elsewhere, later])
        {
            Assert.Equal(told.Select(one => one.Trim()), (await TakeAsync(reader, 3)).Select(one => one.Trim()));
        }
        foreach (var path in (string[])["history", "waiting"])
        {
            var turn = (await http.GetFromJsonAsync<JsonElement>($"/api/chat/{path}?botId={bot.Id}&sessionId=s1", Ct)).GetProperty("waiting")[0];
            Assert.Equal((said.TurnId, "failed", "Write something first.", false), (turn.GetProperty("turnId").GetGuid(),
                turn.GetProperty("state").GetString(), turn.GetProperty("problem").GetString(), turn.GetProperty("canRetry").GetBoolean()));
        }

        // Said again it is another message, and the first one is shown no more.
        agent.Disks[bot.Id].Refuses = false;
        using var retried = await http.PostAsJsonAsync($"/fleet/bots/{bot.Id}/turns/{said.TurnId}/retry", new { message = "better" }, Ct);
        var again = (await retried.Content.ReadFromJsonAsync<SaidView>(Ct))!;
        await TurnAsync(world, again.TurnId, "answered");
        var left = await http.GetFromJsonAsync<JsonElement>($"/api/chat/waiting?botId={bot.Id}&sessionId=s1", Ct);
        Assert.Equal(0, left.GetProperty("waiting").GetArrayLength());
    }

    [Fact]
    public async Task What_a_bot_does_not_take_yet_is_neither_failed_nor_lost()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        agent.Disks[bot.Id].NotYet = 30;

        var said = await SayAsync(world, bot, "hello", "c1");
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Disks[bot.Id].NotYet <= 10));

        Assert.Equal(["waiting"], await world.TextsAsync($"select state from fleet.turn where id = {said.TurnId}"));
        agent.Disks[bot.Id].NotYet = 0;
        await SayAsync(world, bot, "and", "c2");
        await TurnAsync(world, said.TurnId, "answered");
        Assert.Equal(["hello", "and"], agent.Disks[bot.Id].Turns.Select(turn => turn.Text));
    }

    private static string StreamOf(Bot bot) => $"/api/chat/stream?botId={bot.Id}&sessionId=s1";

    private static async Task<List<string>> TakeAsync(EventReader reader, int count)
    {
        List<string> taken = [];
        while (taken.Count < count) { taken.Add(await reader.NextAsync()); }
        return taken;
    }

    [Fact]
    public async Task Cancelled_before_the_bot_has_it_it_never_begins()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);
        var said = await SayAsync(world, bot, "hello", "c1");
        using var http = world.Http();

        var cancelled = await (await http.PostAsJsonAsync("/api/chat/cancel", new { botId = bot.Id, turnId = said.TurnId }, Ct)).Content.ReadFromJsonAsync<SaidView>(Ct);
        Assert.Equal("cancelled", cancelled!.State);
        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);

        await FleetWorld.UntilAsync(async () => (await world.TextsAsync($"select state from fleet.turn where ended_at is not null")) is ["cancelled"]);
        Assert.Empty(agent.Disks[bot.Id].Turns);
        Assert.Equal(said.TurnId, Assert.Single(agent.Disks[bot.Id].Cancelled));
    }

    [Fact]
    public async Task Cancelled_while_it_runs_the_bot_says_how_it_ended()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var disk = agent.Disks[bot.Id];
        disk.Answers = false;
        var said = await SayAsync(world, bot, "hello", "c1");
        await TurnAsync(world, said.TurnId, "running");
        using var http = world.Http();

        using var cancelled = await http.PostAsJsonAsync("/api/chat/cancel", new { botId = bot.Id, turnId = said.TurnId }, Ct);
        await FleetWorld.UntilAsync(() => Task.FromResult(disk.Cancelled.Contains(said.TurnId)));
        disk.End(said.TurnId, TurnEnd.Cancelled, "hal");

        await TurnAsync(world, said.TurnId, "cancelled");
        using var unknown = await http.PostAsJsonAsync("/api/chat/cancel", new { botId = bot.Id, turnId = bot.Id }, Ct);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Two_viewers_see_the_same_and_one_that_comes_back_misses_nothing()
    {
        await using var world = await FleetWorld.StartAsync(replicas: 2);
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await using var one = await WatchAsync(world, bot, null, replica: 0);
        await using var two = await WatchAsync(world, bot, null, replica: 1);
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Disks[bot.Id].Watchers == 2));

        var said = await SayAsync(world, bot, "hello", "c1");

        string[] wanted = [$"{said.TurnId}:1 text Echo: hello", $"{said.TurnId}:2 done "];
        Assert.Equal(wanted, (string[])[await one.NextAsync(), await one.NextAsync()]);
        Assert.Equal(wanted, (string[])[await two.NextAsync(), await two.NextAsync()]);
        await using var back = await WatchAsync(world, bot, $"{said.TurnId}:1", replica: 1);
        Assert.Equal(wanted[1], await back.NextAsync());
    }

    [Fact]
    public async Task A_viewer_is_told_that_the_bot_is_gone_and_goes_on_when_it_is_back()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        var bot = await world.RunningAsync();
        await using var viewer = await WatchAsync(world, bot, null);
        var first = await SayAsync(world, bot, "one", "c1");
        Assert.Equal([$"{first.TurnId}:1 text Echo: one", $"{first.TurnId}:2 done "], [await viewer.NextAsync(), await viewer.NextAsync()]);

        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        Assert.Equal(" error This bot is stopped. Start it and try again.", await viewer.NextAsync());
        var second = await SayAsync(world, bot, "two", "c2");
        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);

        Assert.Equal([$"{second.TurnId}:1 text Echo: two", $"{second.TurnId}:2 done "], [await viewer.NextAsync(), await viewer.NextAsync()]);
    }

    [Fact]
    public async Task History_has_what_the_bot_knows_and_what_waits()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();
        var path = $"/api/chat/history?botId={bot.Id}&sessionId=s1";
        Assert.Equal("""{"messages":[],"hasMore":false,"waiting":[]}""", await http.GetStringAsync(path, Ct));
        agent.Disks[bot.Id].Answers = false;

        await SayAsync(world, bot, "hello", "c1");
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Disks[bot.Id].Turns.Count == 1));

        var history = await http.GetFromJsonAsync<JsonElement>(path, Ct);
        Assert.Equal(("hello", "user"), (history.GetProperty("messages")[0].GetProperty("text").GetString(),
            history.GetProperty("messages")[0].GetProperty("role").GetString()));
        Assert.Equal("hello", history.GetProperty("waiting")[0].GetProperty("message").GetString());

        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);
        var stopped = await http.GetFromJsonAsync<JsonElement>(path, Ct);
        Assert.Equal("hello", stopped.GetProperty("messages")[0].GetProperty("text").GetString());

        await world.StopAsync(agent);
        using var away = await http.GetAsync(path, Ct);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "fleet.node_unreachable"), (away.StatusCode, await CodeAsync(away)));
    }

    [Theory]
    [InlineData("{\"botId\":\"BOT\",\"sessionId\":\"\",\"message\":\"x\"}", 400, "fleet.bad_session")]
    [InlineData("{\"botId\":\"BOT\",\"sessionId\":\"../../etc\",\"message\":\"x\"}", 400, "fleet.bad_session")]
    [InlineData("{\"botId\":\"BOT\",\"sessionId\":\"s1\",\"message\":\"x\",\"clientId\":\"\"}", 400, "fleet.bad_client_id")]
    [InlineData("{\"botId\":\"BOT\",\"sessionId\":\"s1\",\"message\":\"LONG\"}", 400, "fleet.message_too_long")]
    [InlineData("{\"botId\":\"../BOT\",\"sessionId\":\"s1\",\"message\":\"x\"}", 400, "fleet.bad_bot_id")]
    [InlineData("{\"botId\":\"00000000-0000-0000-0000-000000000000\",\"sessionId\":\"s1\",\"message\":\"x\"}", 404, "fleet.bot_not_found")]
    public async Task What_cannot_be_said_is_refused(string body, int status, string code)
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        using var http = world.Http();
        var text = body.Replace("BOT", bot.Id.ToString(), StringComparison.Ordinal).Replace("LONG", new('x', 32_001), StringComparison.Ordinal);

        using var answer = await http.PostAsync("/api/chat", new StringContent(text, null, "application/json"), Ct);

        Assert.Equal((status, code), ((int)answer.StatusCode, await CodeAsync(answer)));
        Assert.Empty(await world.TextsAsync($"select id::text from fleet.turn"));
    }

    [Fact]
    public async Task An_empty_message_is_a_greeting_and_the_longest_one_is_kept_whole()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var longest = new string('ä', BotRules.MessageCharsMax);

        await SayAsync(world, bot, "", "c1");
        await SayAsync(world, bot, longest, "c2");

        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Disks[bot.Id].Turns.Count == 2));
        Assert.Equal(["Hello!", longest], agent.Disks[bot.Id].Turns.Select(turn => turn.Text));
    }

    [Fact]
    public async Task A_suspended_bot_takes_no_message_and_a_stranger_finds_none()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        await world.Db.ExecuteAsync($"update fleet.bot set billing_state = 'suspended'", Ct);
        using var http = world.Http();
        using var stranger = world.Http(FleetWorld.Other);

        using var refused = await PostAsync(http, bot, "hello", "c1");
        Assert.Equal((HttpStatusCode.PaymentRequired, "fleet.bot_suspended"), (refused.StatusCode, await CodeAsync(refused)));
        using var foreign = await PostAsync(stranger, bot, "hello", "c1");
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        foreach (var path in (string[])[$"/api/chat/stream?botId={bot.Id}&sessionId=s1", $"/api/chat/history?botId={bot.Id}&sessionId=s1"])
        {
            using var answer = await stranger.GetAsync(path, Ct);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_bot_that_is_not_there_is_not_given_more_than_it_can_ever_answer()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        await world.Db.ExecuteAsync($"""
            insert into fleet.turn (id, bot_id, tenant_id, session, client_id, message, state, created_at)
            select gen_random_uuid(), {bot.Id}, 'tenant1', 's1', 'n' || at, '', 'waiting', now() from generate_series(1, {TurnSql.OpenMax}) at
            """, Ct);
        using var http = world.Http();

        using var answer = await PostAsync(http, bot, "hello", "c1");

        Assert.Equal((HttpStatusCode.TooManyRequests, "fleet.too_many_waiting"), (answer.StatusCode, await CodeAsync(answer)));
    }

    private static async Task<SaidView> SayAsync(FleetWorld world, Bot bot, string message, string clientId)
    {
        using var http = world.Http();
        using var answer = await PostAsync(http, bot, message, clientId);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Ct));
        return (await answer.Content.ReadFromJsonAsync<SaidView>(Ct))!;
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient http, Bot bot, string message, string clientId) =>
        http.PostAsJsonAsync("/api/chat", new { botId = bot.Id, sessionId = "s1", message, clientId }, Ct);

    private static Task TurnAsync(FleetWorld world, Guid turn, string state) => FleetWorld.UntilAsync(async () =>
        (await world.TextsAsync($"select state from fleet.turn where id = {turn}")) is [var now] && now == state);

    private static async Task<string?> CodeAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString();

    private static Task<EventReader> WatchAsync(FleetWorld world, Bot bot, string? after, int replica = 0) =>
        EventReader.OpenAsync(world.Http(replica: replica), $"/api/chat/stream?botId={bot.Id}&sessionId=s1", after, Ct);
}
