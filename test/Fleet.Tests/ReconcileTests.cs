using System.Diagnostics;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests;

/// <summary>From what is wanted to what is, with agents and bots that speak over real links.</summary>
public sealed class ReconcileTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_new_bot_comes_to_run_by_itself()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();

        var bot = await world.RunningAsync();

        Assert.Equal(("local", 1, null), (bot.NodeId, bot.Generation, bot.Fault));
        var spec = agent.Spec(bot.Id)!;
        Assert.Equal(("tenant_tenant1", BotWish.Run, "ghcr.io/wopr-network/wopr:latest", 2048L << 20, 200_000, 512),
            (spec.Name, spec.Wish, spec.Image, spec.MemoryBytes, spec.CpuQuota, spec.PidsMax));
        Assert.Equal(["WOPR_BOT_ID", "WOPR_GATEWAY_KEY", "WOPR_GATEWAY_URL", "WOPR_GENERATION", "WOPR_LINK_KEY", "WOPR_LOG_LEVEL", "WOPR_MODEL",
            "WOPR_PLATFORM_URL", "WOPR_STARTS", "WOPR_TIMEZONE"], spec.Settings.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["provisioning", "running"], await StatesAsync(world, bot.Id));
        Assert.Equal(["true"], await world.TextsAsync($"select is_active::text from billing.bot"));
    }

    // The mark is 1.5 s on an idle machine; here it only must not wait for any timer of ours, of which the shortest is 5 s.
    [Fact]
    public async Task Nothing_on_the_way_waits_for_a_timer()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        await world.RunningAsync("warm");
        var best = TimeSpan.MaxValue;
        for (var tries = 0; tries < 5; tries++)
        {
            var began = Stopwatch.GetTimestamp();
            await world.RunningAsync($"bot{tries}");
            var took = Stopwatch.GetElapsedTime(began);
            if (took < best) { best = took; }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"The quickest ran after {best.TotalMilliseconds:0} ms.");
        Assert.True(best < TimeSpan.FromSeconds(1.5), $"{best}");
    }

    [Fact]
    public async Task Without_a_machine_it_waits_for_one_and_says_so()
    {
        await using var world = await FleetWorld.StartAsync();
        var bot = await world.CreateAsync();

        var waiting = await world.UntilAsync(bot.Id, one => one.Fault is not null);
        Assert.StartsWith("No machine is free", waiting.Fault, StringComparison.Ordinal);
        Assert.Equal((BotState.Provisioning, 0), (waiting.State, waiting.Generation));

        await world.AgentAsync();
        Assert.Null((await world.UntilAsync(bot.Id, BotState.Running)).Fault);
    }

    [Fact]
    public async Task Bots_go_to_the_machine_with_the_fewest()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync("node-1");
        await world.AgentAsync("node-2");
        for (var at = 0; at < 4; at++) { await world.RunningAsync($"bot{at}"); }

        Assert.Equal(["node-1 2", "node-2 2"], await world.TextsAsync(
            $"select node_id || ' ' || count(*) from fleet.bot group by node_id order by node_id"));
    }

    [Fact]
    public async Task Stopped_started_restarted_and_changed_it_does_what_it_is_told()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();

        await world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Stopped);
        Assert.Null(agent.Bot(bot.Id));
        Assert.Empty(agent.Spec(bot.Id)!.Settings);
        Assert.Equal(["false"], await world.TextsAsync($"select is_active::text from billing.bot"));

        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
        Assert.Equal(2, agent.Started.Count);

        await world.Registry.RestartAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
        Assert.Equal(3, agent.Started.Count);

        await world.Registry.UpdateAsync(FleetWorld.Owner, bot.Id, new(Env: new() { ["GREETING"] = "hello" }), Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
        Assert.Equal("hello", agent.Bot(bot.Id)!.Settings["GREETING"]);

        await world.Registry.UpdateAsync(FleetWorld.Owner, bot.Id, new(Name: "robot"), Ct);
        await FleetWorld.UntilAsync(async () => agent.Spec(bot.Id)!.Version == (await world.BotAsync(bot.Id)).Version);
        Assert.Equal(4, agent.Started.Count);
        Assert.Equal(1, (await world.BotAsync(bot.Id)).Generation);
    }

    [Fact]
    public async Task Each_generation_has_one_key_for_models_and_the_end_takes_it()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        var key = agent.Spec(bot.Id)!.Settings["WOPR_GATEWAY_KEY"];

        Assert.Equal(["true"], await world.TextsAsync($"select (revoked_at is null)::text from gateway.key where hash = {Token.Hash(key)}"));
        Assert.DoesNotContain(key, string.Join(' ', await world.TextsAsync($"select b::text from fleet.bot b")), StringComparison.Ordinal);
        await world.Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct);

        Assert.Equal(["false"], await world.TextsAsync($"select (revoked_at is null)::text from gateway.key"));
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Bot(bot.Id) is null));
        await world.Registry.RestoreAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
        Assert.NotEqual(key, agent.Spec(bot.Id)!.Settings["WOPR_GATEWAY_KEY"]);
        Assert.Equal(["1"], await world.TextsAsync($"select count(*)::text from gateway.key where revoked_at is null"));
    }

    [Fact]
    public async Task When_its_time_is_over_everything_of_it_is_gone_but_its_number()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await world.Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct);
        await FleetWorld.UntilAsync(() => Task.FromResult(agent.Bot(bot.Id) is null));
        Assert.True(agent.Disks.ContainsKey(bot.Id));

        await world.Db.ExecuteAsync($"update fleet.bot set erase_after = now()", Ct);

        await FleetWorld.UntilAsync(async () => await BotSql.FindAsync(world.Db, null, bot.Id, Ct) is null);
        Assert.False(agent.Disks.ContainsKey(bot.Id));
        Assert.Equal(["tenant1 1 erased"], await world.TextsAsync($"select tenant_id || ' ' || ordinal || ' ' || name from fleet.bot"));
        Assert.Empty(await world.TextsAsync($"select kind from fleet.event where bot_id = {bot.Id}"));
        Assert.Equal("fleet.bot_not_found", (await world.Registry.RestoreAsync(FleetWorld.Owner, bot.Id, Ct)).Problem?.Code);
        Assert.Equal(2, (await world.CreateAsync()).Ordinal);
    }

    [Fact]
    public async Task One_that_never_had_a_machine_is_erased_without_one()
    {
        await using var world = await FleetWorld.StartAsync();
        var bot = await world.CreateAsync();
        await world.Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.Db.ExecuteAsync($"update fleet.bot set erase_after = now()", Ct);

        await FleetWorld.UntilAsync(async () => await BotSql.FindAsync(world.Db, null, bot.Id, Ct) is null);
    }

    [Fact]
    public async Task A_machine_that_falls_silent_leaves_its_bots_unknown_until_it_is_back()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await world.StopAsync(agent);
        await world.Db.ExecuteAsync($"update fleet.node set seen_at = now() - interval '25 seconds'", Ct);

        var unknown = await world.UntilAsync(bot.Id, BotState.Unknown);
        Assert.Contains("does not answer", unknown.Fault, StringComparison.Ordinal);
        Assert.Equal(["false"], await world.TextsAsync($"select is_active::text from billing.bot"));

        await world.AgentAsync();
        await world.UntilAsync(bot.Id, BotState.Running);
    }

    [Fact]
    public async Task A_bot_that_hangs_is_unhealthy_and_then_started_again()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        agent.Bot(bot.Id)!.IsHung = true;
        await world.Db.ExecuteAsync($"update fleet.bot_seen set up_at = now() - interval '1 hour'", Ct);
        await FleetWorld.UntilAsync(async () =>
        {
            await world.Db.ExecuteAsync($"update fleet.lease set until = now() - interval '10 seconds'", Ct);
            return (await world.BotAsync(bot.Id)).State == BotState.Unhealthy;
        });

        await world.Db.ExecuteAsync($"update fleet.bot set state_at = now() - interval '61 seconds'", Ct);

        await world.UntilAsync(bot.Id, BotState.Running);
        Assert.Equal(2, agent.Started.Count);
        Assert.Equal(["provisioning", "running", "unhealthy", "recovering", "running"], await StatesAsync(world, bot.Id));
    }

    [Fact]
    public async Task A_process_that_its_agent_gave_up_is_failed_with_the_reason()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        agent.Says = seen => seen with { Process = BotProcess.Failed, Exit = 1, Fault = "It ended 5 times within a minute." };

        var bot = await world.UntilAsync((await world.CreateAsync()).Id, BotState.Failed);
        Assert.Equal("It ended 5 times within a minute.", bot.Fault);

        agent.Says = seen => seen;
        await world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
    }

    [Fact]
    public async Task What_a_machine_says_of_bots_that_are_elsewhere_is_nothing()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync("node-1");
        var bot = await world.RunningAsync();

        await world.Get<FleetNews>().SeenAsync(LinkPeer.Node("node-2"), new([new(bot.Id, 1, 99, BotProcess.Failed, null, 0, 1, "no", 0, 0, 0, false)]), Ct);
        await world.Get<FleetNews>().SeenAsync(LinkPeer.Node("node-1"), new([new(bot.Id, 7, 99, BotProcess.Failed, null, 0, 1, "no", 0, 0, 0, false)]), Ct);

        Assert.Equal(["up"], await world.TextsAsync($"select process from fleet.bot_seen"));
    }

    [Fact]
    public async Task Two_replicas_do_nothing_twice()
    {
        await using var world = await FleetWorld.StartAsync(replicas: 2);
        var agent = await world.AgentAsync();
        var bots = await Task.WhenAll(Enumerable.Range(0, 10).Select(at => world.CreateAsync($"bot{at}")));
        foreach (var bot in bots) { await world.UntilAsync(bot.Id, BotState.Running); }

        Assert.Equal(10, agent.Started.Count);
        Assert.Equal(["10 10"], await world.TextsAsync($"select count(*) || ' ' || count(distinct bot_id) from gateway.key"));
        Assert.Equal(["1"], await world.TextsAsync($"select distinct generation::text from fleet.bot"));
        Assert.Equal(["10"], await world.TextsAsync($"select count(*)::text from fleet.event where kind = 'bot.state'"));
    }

    [Fact]
    public async Task Looked_at_by_many_at_once_it_is_placed_once()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        await world.Db.ExecuteAsync($"""
            insert into fleet.node (id, runtime, version, processors, memory_bytes, created_at, seen_at)
            values ('local', 'process', '1', 1, 1, now(), now())
            """, Ct);
        var bot = await world.CreateAsync();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => world.Get<BotPass>().RunAsync(bot.Id, Ct)));

        Assert.Equal(["1 1"], await world.TextsAsync($"select generation || ' ' || (select count(*) from gateway.key) from fleet.bot"));
    }

    [Fact]
    public async Task After_fifty_verbs_at_once_the_world_is_as_the_last_one_said()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        for (var round = 0; round < 2; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(at => at % 2 == 0
                ? world.Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct)
                : world.Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct)));
            var last = (await world.TextsAsync($"select kind from fleet.event where kind <> 'bot.state' order by number desc limit 1"))[0];
            var wanted = last == "bot.stopped" ? BotState.Stopped : BotState.Running;

            await world.UntilAsync(bot.Id, wanted);
            await FleetWorld.UntilAsync(() => Task.FromResult(agent.Bot(bot.Id) is null == (wanted == BotState.Stopped)));
        }
    }

    private static Task<List<string>> StatesAsync(FleetWorld world, Guid bot) => world.TextsAsync(
        $"select state from fleet.event where bot_id = {bot} and kind in ('bot.created', 'bot.state') order by number");
}
