namespace Wopr.Fleet.Tests;

/// <summary>The process ends at every step on the way of a bot; another one finds and finishes what it left.</summary>
public sealed class KillTests
{
    private const int StepsMax = 60;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_at_any_step_of_making_nothing_is_left_over(bool isDone)
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var made = 0;
        for (var step = 1; step < StepsMax; step++)
        {
            var gate = new MortalDb(step, isDone);
            var mortal = await world.AddReplicaAsync(Runs.Nothing, gate);
            try
            {
                await world.Get<BotRegistry>(mortal).CreateAsync(FleetWorld.Owner, new("robby", FleetWorld.Image), Ct);
            }
            catch (KilledException)
            {
                // Its caller does not know whether it was made.
            }
            await world.StopReplicaAsync(mortal);
            if (!gate.IsDead) { made = step; break; }
        }

        Assert.InRange(made, 10, StepsMax);
        await AllWellAsync(world, agent);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Killed_at_any_step_of_placing_another_places_it_once(bool isDone)
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Links);
        var agent = await world.AgentAsync();
        var isThrough = false;
        for (var step = 1; step < StepsMax && !isThrough; step++)
        {
            var gate = new MortalDb(step, isDone);
            var mortal = await world.AddReplicaAsync(Runs.Links, gate);
            var bot = await world.CreateAsync();
            try
            {
                if (await world.Get<BotPass>(mortal).RunAsync(bot.Id, Ct) is { } node)
                {
                    await world.Get<NodeTeller>(mortal).SendAsync(node, whole: false, Ct);
                }
            }
            catch (KilledException)
            {
                // Whatever it did not do is done below.
            }
            isThrough = !gate.IsDead;
            await world.StopReplicaAsync(mortal);
        }

        Assert.True(isThrough);
        await world.AddReplicaAsync(Runs.All);
        await AllWellAsync(world, agent);
    }

    /// <summary>Every bot there is runs once, with one key, one generation and one process; and nothing else is there.</summary>
    private static async Task AllWellAsync(FleetWorld world, FakeAgent agent)
    {
        var bots = await world.Registry.ListAsync(FleetWorld.Owner, isDeleted: false, Ct);
        Assert.NotEmpty(bots);
        foreach (var bot in bots) { await world.UntilAsync(bot.Bot.Id, BotState.Running); }
        Assert.Equal([$"{bots.Count} {bots.Count}"], await world.TextsAsync(
            $"select count(*) || ' ' || count(distinct bot_id) from gateway.key where revoked_at is null"));
        Assert.Equal(["1"], await world.TextsAsync($"select distinct generation::text from fleet.bot"));
        Assert.Equal(bots.Select(bot => bot.Bot.Id).Order(), agent.Started.Select(spec => spec.BotId).Distinct().Order());
        Assert.Equal(agent.Started.Count, bots.Count);
        Assert.Equal([$"{bots.Count}"], await world.TextsAsync($"select count(*)::text from billing.bot"));
        Assert.Equal([$"{bots.Count}"], await world.TextsAsync($"select count(*)::text from audit.event where action = 'fleet.bot_created'"));
    }
}
