using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Fleet.Tests;

/// <summary>The contract's addresses and procedures.</summary>
public sealed class ApiTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_runbooks_happy_path()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        using var http = world.Http();

        using var made = await http.PostAsJsonAsync("/trpc/fleet.createInstance",
            new { name = "test-bot", image = "wopr-network/wopr:latest", description = "Happy path test bot" }, Ct);
        var bot = (await JsonAsync(made)).GetProperty("result").GetProperty("data");
        Assert.Equal(("test-bot", "provisioning", "provisioning", FleetWorld.Tenant),
            (Text(bot, "name"), Text(bot, "status"), Text(bot, "state"), Text(bot, "tenantId")));

        var input = Uri.EscapeDataString(JsonSerializer.Serialize(new { id = Text(bot, "id") }));
        JsonElement seen = default;
        await FleetWorld.UntilAsync(async () =>
        {
            seen = (await http.GetFromJsonAsync<JsonElement>($"/trpc/fleet.getInstance?input={input}", Ct)).GetProperty("result").GetProperty("data");
            return Text(seen, "status") == "running";
        });
        Assert.Equal(("running", "healthy", "tenant_tenant1"), (Text(seen, "state"), Text(seen, "health"), Text(seen, "containerId")));
        Assert.Equal(20, seen.GetProperty("stats").GetProperty("memoryUsageMb").GetInt32());
        var list = await http.GetFromJsonAsync<JsonElement>("/trpc/fleet.listInstances", Ct);
        Assert.Equal(1, list.GetProperty("result").GetProperty("data").GetProperty("bots").GetArrayLength());
    }

    [Fact]
    public async Task The_tenant_is_the_callers_whatever_is_said()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        using var http = world.Http();

        using var rest = await http.PostAsJsonAsync("/fleet/bots", new { name = "a", image = FleetWorld.Image, tenantId = FleetWorld.Other }, Ct);
        Assert.Equal((HttpStatusCode.Forbidden, "Cannot create bot for a different tenant"), (rest.StatusCode, Text(await JsonAsync(rest), "error")));
        using var trpc = await http.PostAsJsonAsync("/trpc/fleet.createInstance", new { name = "a", image = FleetWorld.Image, tenantId = FleetWorld.Other }, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, trpc.StatusCode);
        using var own = await http.PostAsJsonAsync("/fleet/bots", new { name = "a", image = FleetWorld.Image, tenantId = FleetWorld.Tenant }, Ct);
        Assert.Equal(HttpStatusCode.Created, own.StatusCode);
        Assert.Equal([FleetWorld.Tenant], await world.TextsAsync($"select tenant_id from fleet.bot"));
    }

    [Fact]
    public async Task Without_credits_the_answer_says_what_there_is_what_it_takes_and_where_to_buy()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        await world.SpendAllAsync();
        await world.PayAsync(5);
        using var http = world.Http();

        // One that is new needs the day of the other too.
        foreach (var (path, required) in ((string, int)[])[("/fleet/bots", 34), ($"/fleet/bots/{bot.Id}/start", 17)])
        {
            using var answer = await http.PostAsJsonAsync(path, new { name = "a", image = FleetWorld.Image }, Ct);
            var body = await JsonAsync(answer);
            Assert.Equal((HttpStatusCode.PaymentRequired, "insufficient_credits", 5, required, "/dashboard/credits"),
                (answer.StatusCode, Text(body, "error"), body.GetProperty("balance").GetInt32(), body.GetProperty("required").GetInt32(), Text(body, "buyUrl")));
        }
        using var trpc = await http.PostAsJsonAsync("/trpc/fleet.createInstance", new { name = "a", image = FleetWorld.Image }, Ct);
        Assert.Equal((HttpStatusCode.PaymentRequired, "PAYMENT_REQUIRED"), (trpc.StatusCode,
            Text((await JsonAsync(trpc)).GetProperty("error").GetProperty("data"), "code")));
    }

    [Fact]
    public async Task Over_quota_the_answer_counts()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        await world.LimitAsync(1);
        await world.CreateAsync();
        using var http = world.Http();

        using var answer = await http.PostAsJsonAsync("/fleet/bots", new { name = "a", image = FleetWorld.Image }, Ct);
        var body = await JsonAsync(answer);

        Assert.Equal((HttpStatusCode.Forbidden, 1, 1), (answer.StatusCode, body.GetProperty("currentInstances").GetInt32(), body.GetProperty("maxInstances").GetInt32()));
        Assert.StartsWith("Instance quota exceeded: 1/1", Text(body, "error"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Made_twice_under_one_key_it_is_made_once()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        using var http = world.Http();
        http.DefaultRequestHeaders.Add("Idempotency-Key", "one");

        var ids = new List<string?>();
        for (var at = 0; at < 3; at++)
        {
            using var answer = await http.PostAsJsonAsync("/fleet/bots", new { name = "a", image = FleetWorld.Image }, Ct);
            Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            ids.Add(Text(await JsonAsync(answer), "id"));
        }

        Assert.Single(ids.Distinct());
        Assert.Single(await world.TextsAsync($"select name from fleet.bot"));
    }

    [Fact]
    public async Task A_bots_life_over_plain_http()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        using var http = world.Http();
        using var made = await http.PostAsJsonAsync("/fleet/bots", new { name = "a", image = FleetWorld.Image, env = new Dictionary<string, string> { ["TOKEN"] = "x" } }, Ct);
        var id = Guid.Parse(Text(await JsonAsync(made), "id")!);
        Assert.Equal($"/fleet/bots/{id}", made.Headers.Location?.ToString());
        await world.UntilAsync(id, BotState.Running);

        using var changed = await http.PatchAsJsonAsync($"/fleet/bots/{id}", new { name = "b", env = new Dictionary<string, string> { ["TOKEN"] = "[hidden]", ["MORE"] = "y" } }, Ct);
        var after = await JsonAsync(changed);
        Assert.Equal(("b", "[hidden]"), (Text(after, "name"), Text(after.GetProperty("env"), "TOKEN")));
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Bot(id)?.Settings.GetValueOrDefault("MORE") == "y"));
        Assert.Equal("x", agent.Bot(id)!.Settings["TOKEN"]);
        using var empty = await http.PatchAsJsonAsync($"/fleet/bots/{id}", new { }, Ct);
        Assert.Equal((HttpStatusCode.BadRequest, "No fields to update"), (empty.StatusCode, Text(await JsonAsync(empty), "error")));

        foreach (var (verb, state) in ((string, BotState)[])[("stop", BotState.Stopped), ("start", BotState.Running), ("restart", BotState.Running)])
        {
            using var said = await http.PostAsync($"/fleet/bots/{id}/{verb}", null, Ct);
            Assert.Equal("""{"ok":true}""", await said.Content.ReadAsStringAsync(Ct));
            await world.UntilAsync(id, state);
        }
        var health = await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{id}/health", Ct);
        Assert.Equal(("running", "healthy"), (Text(health, "state"), Text(health, "health")));
        var resources = await http.GetFromJsonAsync<JsonElement>("/api/fleet/resources", Ct);
        Assert.Equal((1.5, 20, 2048), (resources.GetProperty("totalCpuPercent").GetDouble(), resources.GetProperty("totalMemoryMb").GetInt32(),
            resources.GetProperty("memoryCapacityMb").GetInt32()));
        using var identity = await http.PutAsJsonAsync($"/fleet/bots/{id}/identity", new { name = "c", avatar = "https://x/y.png", personality = "kind" }, Ct);
        var settings = await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{id}/settings", Ct);
        Assert.Equal(("c", "https://x/y.png", "kind"), (Text(settings.GetProperty("identity"), "name"), Text(settings.GetProperty("identity"), "avatar"),
            Text(settings.GetProperty("identity"), "personality")));
        var history = (await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{id}/events?limit=3", Ct)).GetProperty("events");
        Assert.Equal((3, "bot.updated"), (history.GetArrayLength(), Text(history[0], "kind")));

        using var gone = await http.DeleteAsync($"/fleet/bots/{id}", Ct);
        Assert.Equal(HttpStatusCode.NoContent, gone.StatusCode);
        using var missing = await http.GetAsync($"/fleet/bots/{id}", Ct);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        using var back = await http.PostAsync($"/fleet/bots/{id}/restore", null, Ct);
        Assert.Equal("stopped", Text(await JsonAsync(back), "state"));
    }

    [Fact]
    public async Task Logs_come_from_the_machine_and_say_when_it_cannot_be_asked()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        using var http = world.Http();

        var lines = await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{bot.Id}/logs?tail=2", Ct);
        Assert.Equal((2, "log-1", "info", "container", "line 1"), (lines.GetArrayLength(), Text(lines[1], "id"), Text(lines[1], "level"),
            Text(lines[1], "source"), Text(lines[1], "message")));
        var text = await http.GetStringAsync($"/trpc/fleet.getInstanceLogs?input={Uri.EscapeDataString($$"""{"id":"{{bot.Id}}","tail":1}""")}", Ct);
        Assert.Contains("[\"1970-01-01T00:00:00.000Z [INFO] line 0\"]", text, StringComparison.Ordinal);
        await using var follows = await EventReader.OpenAsync(world.Http(), $"/fleet/bots/{bot.Id}/logs/stream?tail=1", null, Ct);
        Assert.Equal("  line 0", await follows.NextAsync());

        await world.StopAsync(agent);
        await FleetWorld.UntilAsync(async () =>
        {
            using var answer = await http.GetAsync($"/fleet/bots/{bot.Id}/logs", Ct);
            return answer.StatusCode == HttpStatusCode.ServiceUnavailable && Text(await JsonAsync(answer), "code") == "fleet.node_unreachable";
        });
    }

    [Fact]
    public async Task What_a_bot_keeps_is_asked_of_the_bot()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var disk = agent.Disks[bot.Id];
        for (var at = 0; at < 250; at++) { disk.Take(new(Guid.CreateVersion7(), "s1", $"said {at}", null, null)); }
        using var http = world.Http();

        var export = (await http.GetStringAsync($"/fleet/bots/{bot.Id}/sessions/s1/export", Ct)).TrimEnd().Split('\n');
        Assert.Equal(Enumerable.Range(0, 250).Select(at => $"said {at}"), export.Select(line => Text(JsonElement.Parse(line), "text")));
        var page = await http.GetFromJsonAsync<JsonElement>($"/fleet/bots/{bot.Id}/sessions/s1?limit=2", Ct);
        Assert.Equal(("said 248", true), (Text(page.GetProperty("entries")[0], "text"), page.GetProperty("hasMore").GetBoolean()));
        using var file = await http.GetAsync($"/fleet/bots/{bot.Id}/files/memory/SOUL.md", Ct);
        Assert.Equal((HttpStatusCode.NotFound, "file.not_found"), (file.StatusCode, Text(await JsonAsync(file), "code")));
        foreach (var path in (string[])["memory/other.md", "..%2F..%2Fetc%2Fpasswd", "skills/../x.md", "skills/a%00.md"])
        {
            using var answer = await http.GetAsync($"/fleet/bots/{bot.Id}/files/{path}", Ct);
            Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{path}: {answer.StatusCode}");
        }
        // The bot does not know this verb: a release older than the platform.
        using var status = await http.GetAsync($"/fleet/bots/{bot.Id}/status", Ct);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "link.unknown_verb"), (status.StatusCode, Text(await JsonAsync(status), "code")));

        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);
        using var stopped = await http.GetAsync($"/fleet/bots/{bot.Id}/status", Ct);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "fleet.bot_stopped"), (stopped.StatusCode, Text(await JsonAsync(stopped), "code")));
    }

    [Fact]
    public async Task Whoever_follows_the_fleet_hears_everything_once_and_goes_on_where_they_were()
    {
        await using var world = await FleetWorld.StartAsync(replicas: 2);
        await world.AgentAsync();
        await using var one = await EventReader.OpenAsync(world.Http(), "/fleet/events", null, Ct);
        await using var stranger = await EventReader.OpenAsync(world.Http(FleetWorld.Other), "/fleet/events", null, Ct);

        await world.RunningAsync();
        Assert.Equal(["1 bot.created robby was created.", "2 bot.state robby is running."], [await one.NextAsync(), await one.NextAsync()]);
        await using var two = await EventReader.OpenAsync(world.Http(replica: 1), "/fleet/events", "1", Ct);
        Assert.Equal("2 bot.state robby is running.", await two.NextAsync());
        await world.CreateAsync("theirs", FleetWorld.Stranger);
        Assert.Equal("1 bot.created theirs was created.", await stranger.NextAsync());
    }

    [Fact]
    public async Task A_stranger_is_told_of_nothing_anywhere()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        using var http = world.Http(FleetWorld.Other);
        foreach (var path in (string[])["", "/health", "/metrics", "/settings", "/events", "/status", "/logs", "/logs/stream", "/sessions", "/sessions/s1",
            "/sessions/s1/export", "/files", "/files/memory/SOUL.md", "/schedules", "/tool-servers"])
        {
            using var answer = await http.GetAsync($"/fleet/bots/{bot.Id}{path}", Ct);
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{path}: {answer.StatusCode}");
        }
        foreach (var procedure in (string[])["getInstance", "getInstanceHealth", "getInstanceLogs", "getInstanceMetrics", "getSettings", "getResourceTier",
            "getStorageTier", "getStorageUsage"])
        {
            using var answer = await http.GetAsync($"/trpc/fleet.{procedure}?input={Uri.EscapeDataString($$"""{"id":"{{bot.Id}}"}""")}", Ct);
            Assert.True(answer.StatusCode == HttpStatusCode.NotFound, $"{procedure}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("not-a-uuid")]
    [InlineData("..%2F..%2Fetc")]
    [InlineData("%7B00000000-0000-0000-0000-000000000000%7D")]
    [InlineData("00000000000000000000000000000000")]
    public async Task What_is_no_id_is_refused(string id)
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        using var http = world.Http();

        using var answer = await http.GetAsync($"/fleet/bots/{id}", Ct);

        Assert.Equal((HttpStatusCode.BadRequest, "Invalid bot ID"), (answer.StatusCode, Text(await JsonAsync(answer), "error")));
    }

    [Fact]
    public async Task Viewers_look_and_do_not_touch()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        using var http = world.Http(role: Role.Viewer);

        using var looks = await http.GetAsync($"/fleet/bots/{bot.Id}", Ct);
        using var stops = await http.PostAsync($"/fleet/bots/{bot.Id}/stop", null, Ct);
        using var says = await http.PostAsJsonAsync("/api/chat", new { botId = bot.Id, sessionId = "s1", message = "x" }, Ct);

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden], [looks.StatusCode, stops.StatusCode, says.StatusCode]);
    }

    [Fact]
    public async Task An_operators_tool_stands_for_no_tenant_and_reaches_all()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        await world.CreateAsync("theirs", FleetWorld.Stranger);
        using var reads = world.Http("operator", Role.Viewer);
        using var writes = world.Http("operator", Role.Member);

        var list = await reads.GetFromJsonAsync<JsonElement>("/fleet/bots", Ct);
        Assert.Equal(2, list.GetProperty("bots").GetArrayLength());
        using var refused = await reads.PostAsync($"/fleet/bots/{bot.Id}/stop", null, Ct);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var stopped = await writes.PostAsync($"/fleet/bots/{bot.Id}/stop", null, Ct);
        Assert.Equal(HttpStatusCode.OK, stopped.StatusCode);
        foreach (var (tenant, status) in ((string?, HttpStatusCode)[])[(null, HttpStatusCode.BadRequest), ("nobody", HttpStatusCode.NotFound),
            ("../x", HttpStatusCode.BadRequest), (FleetWorld.Other, HttpStatusCode.Created)])
        {
            using var made = await writes.PostAsJsonAsync("/fleet/bots", new { name = "a", image = FleetWorld.Image, tenantId = tenant }, Ct);
            Assert.Equal((tenant, status), (tenant, made.StatusCode));
        }
        using var trpc = await writes.GetAsync("/trpc/fleet.listInstances", Ct);
        Assert.Equal((HttpStatusCode.BadRequest, "Tenant context required"), (trpc.StatusCode,
            Text((await JsonAsync(trpc)).GetProperty("error"), "message")));
    }

    [Fact]
    public async Task Tiers_and_templates_are_the_contracts()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();
        using var http = world.Http();

        using var set = await http.PostAsJsonAsync("/trpc/fleet.setResourceTier", new { id = bot.Id, tier = "pro" }, Ct);
        Assert.Equal("""{"result":{"data":{"tier":"pro","dailyCost":10}}}""", await set.Content.ReadAsStringAsync(Ct));
        var input = Uri.EscapeDataString($$"""{"id":"{{bot.Id}}"}""");
        Assert.Equal("""{"result":{"data":{"tier":"standard","limitGb":5,"dailyCost":0}}}""", await http.GetStringAsync($"/trpc/fleet.getStorageTier?input={input}", Ct));
        Assert.Equal("""{"result":{"data":{"tier":"standard","limitGb":5,"usedBytes":0,"usedGb":0,"percentUsed":0,"dailyCost":0}}}""",
            await http.GetStringAsync($"/trpc/fleet.getStorageUsage?input={input}", Ct));
        using var bad = await http.PostAsJsonAsync("/trpc/fleet.setResourceTier", new { id = bot.Id, tier = "huge" }, Ct);
        Assert.Equal(HttpStatusCode.BadRequest, bad.StatusCode);
        Assert.All(Templates.List.Templates, template =>
            Assert.Null(BotRules.Image(template.Image, new FleetOptions().ImagePrefixes).Problem));
    }

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage answer) => await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);

    private static string? Text(JsonElement body, string name) => body.GetProperty(name).GetString();
}
