using Wopr.Auth;
using Wopr.Billing;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests;

/// <summary>What money lets bots be, on bots that run.</summary>
public sealed class StandingTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_money_bots_stop_and_with_it_they_go_on_as_their_owner_wanted()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var (runs, rests) = (await world.RunningAsync("runs"), await world.RunningAsync("rests"));
        var other = await world.CreateAsync("other", FleetWorld.Stranger);
        await world.UntilAsync(other.Id, BotState.Running);
        await world.Registry.StopAsync(FleetWorld.Owner, rests.Id, Ct);
        await world.UntilAsync(rests.Id, BotState.Stopped);

        await StandAsync(world, "suspended");
        await world.Get<StandingNews>().HandleAsync(new BotsSuspended(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);

        var suspended = await world.UntilAsync(runs.Id, BotState.Suspended);
        await world.UntilAsync(rests.Id, BotState.Suspended);
        Assert.Equal((BillingState.Suspended, BotWish.Run), (suspended.Billing, suspended.Wish));
        Assert.NotNull(suspended.DestroyAfter);
        Assert.Null(agent.Bot(runs.Id));
        Assert.NotNull(agent.Bot(other.Id));
        Assert.Equal("billing.resuming", (await world.Registry.StartAsync(FleetWorld.Owner, runs.Id, Ct)).Problem?.Code);

        await StandAsync(world, "funded");
        await world.Get<StandingNews>().HandleAsync(new BotsResumed(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);

        await world.UntilAsync(runs.Id, BotState.Running);
        await world.UntilAsync(rests.Id, BotState.Stopped);
        Assert.Equal([$"{runs.Id} true", $"{rests.Id} false"], (await world.TextsAsync(
            $"select id || ' ' || is_active from billing.bot where tenant_id = 'tenant1' order by first_at")));
    }

    [Fact]
    public async Task News_that_comes_late_changes_nothing()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        var bot = await world.RunningAsync();

        foreach (var news in (Func<StandingNews, Task>[])[
            handler => handler.HandleAsync(new BotsSuspended(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct),
            handler => handler.HandleAsync(new BotsExpired(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct)])
        {
            await news(world.Get<StandingNews>());
            var after = await world.BotAsync(bot.Id);
            Assert.Equal((bot.Version, BotState.Running, BillingState.Active), (after.Version, after.State, after.Billing));
        }
    }

    [Fact]
    public async Task A_month_unpaid_takes_bots_and_their_data()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var bot = await world.RunningAsync();
        await StandAsync(world, "suspended");
        await world.Get<StandingNews>().HandleAsync(new BotsSuspended(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);
        await world.UntilAsync(bot.Id, BotState.Suspended);

        await StandAsync(world, "expired");
        await world.Get<StandingNews>().HandleAsync(new BotsExpired(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);

        await FleetWorld.UntilAsync(async () => await BotSql.FindAsync(world.Db, null, bot.Id, Ct) is null);
        Assert.False(agent.Disks.ContainsKey(bot.Id));
        Assert.Equal(["destroyed true"], await world.TextsAsync(
            $"select b.billing_state || ' ' || (m.deleted_at is not null) from fleet.bot b join billing.bot m on m.id = b.id"));
    }

    [Fact]
    public async Task Suspended_by_an_operator_bots_stop_and_money_does_not_start_them()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        var bot = await world.RunningAsync();
        var news = world.Get<StandingNews>();

        await TenantAsync(world, "suspended");
        await news.HandleAsync(new TenantStatusChanged(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);
        var suspended = await world.UntilAsync(bot.Id, BotState.Suspended);
        Assert.Equal((BillingState.Suspended, BotWish.Run, null), (suspended.Billing, suspended.Wish, suspended.DestroyAfter));
        await news.HandleAsync(new BotsResumed(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);
        Assert.Equal(BillingState.Suspended, (await world.BotAsync(bot.Id)).Billing);

        await TenantAsync(world, "active");
        await news.HandleAsync(new TenantStatusChanged(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);
        await world.UntilAsync(bot.Id, BotState.Running);
    }

    [Fact]
    public async Task Bots_of_an_account_that_is_erased_go_with_all_they_have_also_those_that_were_deleted()
    {
        await using var world = await FleetWorld.StartAsync();
        var agent = await world.AgentAsync();
        var (runs, deleted) = (await world.RunningAsync("runs"), await world.RunningAsync("deleted"));
        var other = await world.CreateAsync("other", FleetWorld.Stranger);
        await world.Registry.DeleteAsync(FleetWorld.Owner, deleted.Id, Ct);

        await world.Db.ExecuteAsync($"update auth.tenant set status = 'erased' where id = {FleetWorld.Tenant}", Ct);
        await world.Get<StandingNews>().HandleAsync(new TenantErased(FleetWorld.Tenant), new(Guid.Empty, 1, false), Ct);

        await FleetWorld.UntilAsync(async () => (await world.TextsAsync($"select name from fleet.bot where erased_at is null")) is ["other"]);
        Assert.False(agent.Disks.ContainsKey(runs.Id) || agent.Disks.ContainsKey(deleted.Id));
        await world.UntilAsync(other.Id, BotState.Running);
    }

    [Fact]
    public async Task A_day_on_which_it_ran_is_charged()
    {
        await using var world = await FleetWorld.StartAsync();
        await world.AgentAsync();
        var bot = await world.RunningAsync();

        Assert.Equal(["true"], await world.TextsAsync($"select (runtime_nanos is not null)::text from billing.bot_day where bot_id = {bot.Id}"));
    }

    [Fact]
    public async Task One_that_never_ran_is_not()
    {
        await using var world = await FleetWorld.StartAsync(runs: Runs.Nothing);
        var bot = await world.CreateAsync();

        Assert.Equal(["true"], await world.TextsAsync($"select (runtime_nanos is null)::text from billing.bot_day where bot_id = {bot.Id}"));
    }

    private static Task TenantAsync(FleetWorld world, string status) =>
        world.Db.ExecuteAsync($"update auth.tenant set status = {status} where id = {FleetWorld.Tenant}", Ct);

    private static Task StandAsync(FleetWorld world, string state) => world.Db.ExecuteAsync($"""
        update billing.standing
        set state = {state}, since = now(), destroy_after = case when {state} = 'suspended' then now() + interval '30 days' end
        where tenant_id = {FleetWorld.Tenant}
        """, Ct);
}
