using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Fleet.Tests;

/// <summary>Bots that do not run are asked through their nodes; what nobody can be asked is kept, or said.</summary>
public sealed class RestingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stopped_bot_is_read_and_written_through_its_node()
    {
        await using var world = await FleetWorld.StartAsync(replicas: 2);
        var agent = await world.AgentAsync(replica: 1);
        var bot = await StoppedAsync(world);
        using var http = world.Http();

        using var written = await PutAsync(http, bot, "SOUL", "You are Ada.");
        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        Assert.Equal("You are Ada.", Text(await JsonAsync(written), "text"));
        Assert.Equal("You are Ada.", agent.Disks[bot.Id].Files["memory/SOUL.md"]);
        using var missing = await http.GetAsync($"/fleet/bots/{bot.Id}/files/memory/USER.md", Ct);
        Assert.Equal((HttpStatusCode.NotFound, "file.not_found"), (missing.StatusCode, Text(await JsonAsync(missing), "code")));
        using var sessions = await http.GetAsync($"/fleet/bots/{bot.Id}/sessions", Ct);
        Assert.Equal(HttpStatusCode.OK, sessions.StatusCode);
        Assert.Empty(await world.TextsAsync($"select verb from fleet.letter"));
    }

    [Fact]
    public async Task A_running_bot_is_asked_itself()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();

        using var written = await PutAsync(http, bot, "SOUL", "You are Ada.");

        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        Assert.Equal(0, agent.Asked);
    }

    [Fact]
    public async Task What_the_bot_refuses_for_now_is_said_to_be_for_now()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();
        agent.Disks[bot.Id].WriteProblem = new("file.changed", "Just now another process does.", IsPassing: true);
        using var passing = await PutAsync(http, bot, "SOUL", "x");
        agent.Disks[bot.Id].WriteProblem = new("file.changed", "It was changed meanwhile.");
        using var lasting = await PutAsync(http, bot, "SOUL", "x");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.Conflict), (passing.StatusCode, lasting.StatusCode));
        Assert.Empty(await world.TextsAsync($"select verb from fleet.letter"));
    }

    [Fact]
    public async Task When_nobody_can_be_asked_reads_say_so_and_writes_are_kept_sealed_and_done_in_order()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await StoppedAsync(world);
        await world.StopAsync(agent);
        using var http = world.Http();

        for (var at = 0; at < 5; at++)
        {
            using var kept = await PutAsync(http, bot, "SOUL", $"secret {at}");
            Assert.Equal((HttpStatusCode.Accepted, "kept"), (kept.StatusCode, Text(await JsonAsync(kept), "state")));
        }
        using var deleted = await http.DeleteAsync($"/fleet/bots/{bot.Id}/files/skills/a.md", Ct);
        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        using var read = await http.GetAsync($"/fleet/bots/{bot.Id}/files/memory/SOUL.md", Ct);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "fleet.node_unreachable"), (read.StatusCode, Text(await JsonAsync(read), "code")));
        Assert.Equal(["0"], await world.TextsAsync($"select count(*)::text from fleet.letter where position('secret'::bytea in ask) > 0"));

        agent = await world.AgentAsync();

        await FleetWorld.UntilAsync(async () => (await world.TextsAsync($"select verb from fleet.letter")).Count == 0);
        Assert.Equal(["secret 0", "secret 1", "secret 2", "secret 3", "secret 4", null], agent.Disks[bot.Id].Written.Select(write => write.Text));
        using var now = await http.GetAsync($"/fleet/bots/{bot.Id}/files/memory/SOUL.md", Ct);
        Assert.Equal("secret 4", Text(await JsonAsync(now), "text"));
    }

    [Fact]
    public async Task A_running_bot_whose_machine_is_cut_off_gets_its_letters_when_it_is_back()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await world.StopAsync(agent);
        using var http = world.Http();
        using var kept = await PutAsync(http, bot, "USER", "Bob");
        Assert.Equal(HttpStatusCode.Accepted, kept.StatusCode);

        agent = await world.AgentAsync();

        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Disks.TryGetValue(bot.Id, out var disk) && disk.Files.ContainsKey("memory/USER.md")));
    }

    [Fact]
    public async Task A_letter_that_is_refused_is_told_and_holds_up_nobody()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await StoppedAsync(world);
        await world.StopAsync(agent);
        using var http = world.Http();
        using var bad = await PutAsync(http, bot, "SOUL", "bad");
        using var good = await PutAsync(http, bot, "USER", "good");

        agent = await world.AgentAsync();

        await FleetWorld.UntilAsync(async () => (await world.TextsAsync($"select verb from fleet.letter")).Count == 0);
        Assert.Equal("good", agent.Disks[bot.Id].Files["memory/USER.md"]);
        Assert.Equal(["A change that was made while robby could not be reached was not made: A file may have 64 KB. Shorten it."],
            await world.TextsAsync($"select message from fleet.event where kind = 'bot.change_refused'"));
    }

    [Fact]
    public async Task Only_so_many_letters_are_kept_and_none_for_what_is_not_there()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Links);
        var bot = await world.CreateAsync();
        using var http = world.Http();
        var statuses = await Task.WhenAll(Enumerable.Range(0, Letters.WaitingMax + 5).Select(async at =>
        {
            using var answer = await PutAsync(http, bot, "SOUL", $"{at}");
            return answer.StatusCode;
        }));

        Assert.Equal((Letters.WaitingMax, 5), (statuses.Count(status => status == HttpStatusCode.Accepted), statuses.Count(status => status == HttpStatusCode.TooManyRequests)));
        using var stranger = world.Http(FleetWorld.Other);
        using var foreign = await PutAsync(stranger, bot, "SOUL", "x");
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        await world.Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct);
        using var gone = await PutAsync(http, bot, "SOUL", "x");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task What_waits_is_sealed_again_under_a_new_secret()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Links);
        var bot = await world.CreateAsync();
        using var http = world.Http();
        using var kept = await PutAsync(http, bot, "SOUL", "x");
        var letters = world.Get<Letters>();
        var first = (await letters.FirstAsync(bot.Id, Ct))!;
        Vault next = new("another0another0another0another0", ["fedcba9876543210fedcba9876543210"]);
        var store = new Letters(world.Db, next, TimeProvider.System).AsSealedStore();

        Assert.Equal(1, await store.DueAsync(Ct));
        var batch = await store.ResealAsync(null, 10, Ct);

        Assert.Equal((1L, 0L, 0L), (batch.Resealed, batch.Unopened, await store.DueAsync(Ct)));
        var again = (await new Letters(world.Db, next, TimeProvider.System).FirstAsync(bot.Id, Ct))!;
        Assert.NotEqual(first.Ask, again.Ask);
        Assert.Equal("x", Text(new Letters(world.Db, new("another0another0another0another0", []), TimeProvider.System).Open(again), "text"));
    }

    internal static async Task<Bot> StoppedAsync(FleetWorld world)
    {
        var bot = await world.RunningAsync();
        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        return await world.UntilAsync(bot.Id, BotState.Stopped);
    }

    private static Task<HttpResponseMessage> PutAsync(HttpClient http, Bot bot, string file, string text) =>
        http.PutAsJsonAsync($"/fleet/bots/{bot.Id}/files/memory/{file}.md", new { text }, Ct);

    private static Task<JsonElement> JsonAsync(HttpResponseMessage answer) => answer.Content.ReadFromJsonAsync<JsonElement>(Ct);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();
}
