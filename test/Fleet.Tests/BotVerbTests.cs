using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet.Tests;

/// <summary>What is asked of bots, while nothing makes it so.</summary>
public sealed class BotVerbTests : IAsyncLifetime
{
    private FleetWorld _world = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private BotRegistry Registry => _world.Registry;

    public async ValueTask InitializeAsync() => _world = await FleetWorld.StartAsync(runs: Runs.Nothing);

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task A_new_bot_is_to_run_and_is_known_to_everybody_concerned()
    {
        var bot = await _world.CreateAsync();

        Assert.Equal((BotState.Provisioning, BotWish.Run, 1, "tenant_tenant1"), (bot.State, bot.Wish, bot.Ordinal, bot.DataName));
        Assert.Equal("ghcr.io/wopr-network/wopr:latest", bot.Profile.Image);
        Assert.Equal(["fleet.bot_created"], await _world.TextsAsync($"select action from audit.event where target = {"bot:" + bot.Id}"));
        Assert.Equal(["1 bot.created provisioning"], await _world.TextsAsync(
            $"select number || ' ' || kind || ' ' || state from fleet.event where bot_id = {bot.Id}"));
        Assert.Equal(["robby false"], await _world.TextsAsync($"select name || ' ' || is_active from billing.bot where id = {bot.Id}"));
    }

    [Fact]
    public async Task Names_of_data_come_from_numbers_that_are_never_given_twice()
    {
        var (one, two) = (await _world.CreateAsync("one"), await _world.CreateAsync("two"));
        await Registry.DeleteAsync(FleetWorld.Owner, two.Id, Ct);
        var three = await _world.CreateAsync("three");
        var other = await _world.CreateAsync("one", FleetWorld.Stranger);

        Assert.Equal(["tenant_tenant1", "tenant_tenant1_2", "tenant_tenant1_3", "tenant_tenant2"],
            [one.DataName, two.DataName, three.DataName, other.DataName]);
    }

    [Fact]
    public async Task Many_made_at_once_have_each_their_own_number()
    {
        var bots = await Task.WhenAll(Enumerable.Range(0, 40).Select(at => _world.CreateAsync($"bot{at}")));

        Assert.Equal(Enumerable.Range(1, 40), bots.Select(bot => bot.Ordinal).Order());
    }

    [Fact]
    public async Task Of_many_made_at_once_only_as_many_begin_as_their_days_can_be_paid()
    {
        await _world.SpendAllAsync();
        await _world.PayAsync(3 * 17);

        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(at => Registry.CreateAsync(FleetWorld.Owner, new($"bot{at}", FleetWorld.Image), Ct)));

        Assert.Equal(3, made.Count(one => one.Problem is null));
        Assert.All(made, one => Assert.True(one.Problem is null or { Code: "insufficient_credits" }));
        // What one ran up is not free again because it is gone.
        foreach (var one in made.Where(one => one.Problem is null))
        {
            await _world.Db.ExecuteAsync($"update billing.bot_day set runtime_nanos = 170000000, hours = 24 where bot_id = {one.Value!.Id}", Ct);
            await Registry.DeleteAsync(FleetWorld.Owner, one.Value!.Id, Ct);
        }
        Assert.Equal("insufficient_credits", (await CreateProblemAsync())?.Code);
    }

    [Fact]
    public async Task An_empty_model_is_the_platforms_choice_again()
    {
        var bot = await _world.CreateAsync();
        await Registry.UpdateAsync(FleetWorld.Owner, bot.Id, new(Model: "openai/gpt-4o"), Ct);
        Assert.Equal("openai/gpt-4o", (await _world.BotAsync(bot.Id)).Profile.Model);
        await Registry.UpdateAsync(FleetWorld.Owner, bot.Id, new(Description: "x"), Ct);
        Assert.Equal("openai/gpt-4o", (await _world.BotAsync(bot.Id)).Profile.Model);

        await Registry.UpdateAsync(FleetWorld.Owner, bot.Id, new(Model: ""), Ct);

        Assert.Null((await _world.BotAsync(bot.Id)).Profile.Model);
    }

    [Fact]
    public async Task Without_a_days_price_nothing_begins()
    {
        await _world.SpendAllAsync();
        var problem = await CreateProblemAsync();

        Assert.Equal((ProblemKind.PaymentRequired, "insufficient_credits"), (problem?.Kind, problem?.Code));
        Assert.Empty(await _world.TextsAsync($"select name from fleet.bot"));
        await _world.PayAsync(16);
        Assert.Equal("insufficient_credits", (await CreateProblemAsync())?.Code);
        await _world.PayAsync(1);
        Assert.Null(await CreateProblemAsync());
    }

    [Fact]
    public async Task Of_many_at_once_only_as_many_are_made_as_the_quota_allows()
    {
        await _world.LimitAsync(3);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => CreateProblemAsync()));

        Assert.Equal(3, outcomes.Count(problem => problem is null));
        Assert.All(outcomes.OfType<Problem>(), problem => Assert.Equal("quota_exceeded", problem.Code));
        Assert.Equal(3, (await Registry.ListAsync(FleetWorld.Owner, false, Ct)).Count);
    }

    [Fact]
    public async Task When_the_gates_cannot_be_asked_nothing_is_made()
    {
        await _world.Db.ExecuteAsync($"alter table billing.standing rename to standing_gone", Ct);

        await Assert.ThrowsAnyAsync<Npgsql.NpgsqlException>(() => _world.CreateAsync());

        Assert.Empty(await _world.TextsAsync($"select name from fleet.bot"));
    }

    [Fact]
    public async Task A_stranger_finds_nothing_and_changes_nothing()
    {
        var bot = await _world.CreateAsync();
        var before = await _world.BotAsync(bot.Id);
        Task<Result<Bot>>[] tries =
        [
            Registry.StartAsync(FleetWorld.Stranger, bot.Id, Ct), Registry.StopAsync(FleetWorld.Stranger, bot.Id, Ct),
            Registry.RestartAsync(FleetWorld.Stranger, bot.Id, Ct), Registry.DeleteAsync(FleetWorld.Stranger, bot.Id, Ct),
            Registry.UpdateAsync(FleetWorld.Stranger, bot.Id, new(Name: "mine"), Ct), Registry.RestoreAsync(FleetWorld.Stranger, bot.Id, Ct),
            Registry.SetResourceTierAsync(FleetWorld.Stranger, bot.Id, "pro", Ct), Registry.SetStorageTierAsync(FleetWorld.Stranger, bot.Id, "pro", Ct),
        ];

        Assert.All(await Task.WhenAll(tries), outcome => Assert.Equal("fleet.bot_not_found", outcome.Problem?.Code));
        Assert.Equal("fleet.bot_not_found", (await Registry.FindAsync(FleetWorld.Stranger, bot.Id.ToString(), Ct)).Problem?.Code);
        Assert.Empty(await Registry.ListAsync(FleetWorld.Stranger, false, Ct));
        Assert.Equal((before.Version, before.State), ((await _world.BotAsync(bot.Id)).Version, (await _world.BotAsync(bot.Id)).State));
    }

    [Fact]
    public async Task A_member_manages_what_they_made_and_an_admin_everything()
    {
        var (mary, mark, admin) = (FleetWorld.ActorOf(FleetWorld.Tenant, Role.Member, "mary"),
            FleetWorld.ActorOf(FleetWorld.Tenant, Role.Member, "mark"), FleetWorld.ActorOf(FleetWorld.Tenant, Role.Admin, "adam"));
        var bot = await _world.CreateAsync(actor: mary);

        Assert.Equal("fleet.not_yours", (await Registry.StopAsync(mark, bot.Id, Ct)).Problem?.Code);
        Assert.Null((await Registry.StopAsync(mary, bot.Id, Ct)).Problem);
        Assert.Null((await Registry.StartAsync(admin, bot.Id, Ct)).Problem);
        var tool = new Actor(ActorKind.Token, "token_1") { TenantId = FleetWorld.Tenant, Role = Role.Member, Scope = Scope.Write };
        Assert.Equal("fleet.not_yours", (await Registry.StopAsync(tool, bot.Id, Ct)).Problem?.Code);
        Assert.Null((await Registry.StopAsync(tool with { Id = $"fleet-{FleetWorld.Tenant}" }, bot.Id, Ct)).Problem);
    }

    [Fact]
    public async Task Of_fifty_verbs_at_once_the_last_accepted_one_holds()
    {
        var bot = await _world.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(at => (at % 4) switch
        {
            0 => Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct),
            1 => Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct),
            2 => Registry.RestartAsync(FleetWorld.Owner, bot.Id, Ct),
            _ => Registry.UpdateAsync(FleetWorld.Owner, bot.Id, new(Description: $"{at}", Env: new() { ["AT"] = $"{at}" }), Ct),
        }));

        var after = await _world.BotAsync(bot.Id);
        Assert.Equal(51, after.Version);
        var verbs = await _world.TextsAsync($"select kind from fleet.event where bot_id = {bot.Id} order by number");
        Assert.Equal(51, verbs.Count);
        Assert.Equal(verbs.Last(kind => kind != "bot.updated") == "bot.stopped" ? BotWish.Stop : BotWish.Run, after.Wish);
        Assert.Equal(Enumerable.Range(1, 51).Select(number => (long)number),
            await _world.Db.QueryAsync($"select number from fleet.event order by number", row => row.GetInt64(0), Ct));
    }

    [Fact]
    public async Task A_deleted_bot_is_gone_for_everybody_and_comes_back_within_its_week()
    {
        var bot = await _world.CreateAsync();
        Assert.Null((await Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct)).Problem);

        Assert.Equal("fleet.bot_not_found", (await Registry.FindAsync(FleetWorld.Owner, bot.Id.ToString(), Ct)).Problem?.Code);
        Assert.Equal("fleet.bot_not_found", (await Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct)).Problem?.Code);
        Assert.Equal("fleet.bot_not_found", (await Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct)).Problem?.Code);
        Assert.Empty(await Registry.ListAsync(FleetWorld.Owner, isDeleted: false, Ct));
        Assert.Equal(bot.Id, Assert.Single(await Registry.ListAsync(FleetWorld.Owner, isDeleted: true, Ct)).Bot.Id);
        Assert.Equal(["true"], await _world.TextsAsync($"select (deleted_at is not null)::text from billing.bot"));

        var back = (await Registry.RestoreAsync(FleetWorld.Owner, bot.Id, Ct)).Value!;
        Assert.Equal((BotState.Stopped, BotWish.Stop, "robby"), (back.State, back.Wish, back.Profile.Name));
        Assert.Equal("fleet.not_deleted", (await Registry.RestoreAsync(FleetWorld.Owner, bot.Id, Ct)).Problem?.Code);
        Assert.Null((await Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct)).Problem);
        Assert.Equal(["false"], await _world.TextsAsync($"select (deleted_at is not null)::text from billing.bot"));
    }

    [Fact]
    public async Task Bringing_back_needs_a_place_like_making()
    {
        var bot = await _world.CreateAsync();
        await Registry.DeleteAsync(FleetWorld.Owner, bot.Id, Ct);
        await _world.CreateAsync("two");
        await _world.LimitAsync(1);

        Assert.Equal("quota_exceeded", (await Registry.RestoreAsync(FleetWorld.Owner, bot.Id, Ct)).Problem?.Code);
    }

    [Fact]
    public async Task A_start_needs_a_days_price_of_its_own_size()
    {
        var bot = await _world.CreateAsync();
        Assert.Null((await Registry.SetResourceTierAsync(FleetWorld.Owner, bot.Id, "beast", Ct)).Problem);
        await Registry.StopAsync(FleetWorld.Owner, bot.Id, Ct);
        await _world.SpendAllAsync();
        await _world.PayAsync(66);

        Assert.Equal("insufficient_credits", (await Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct)).Problem?.Code);
        Assert.Equal("insufficient_credits", (await Registry.SetStorageTierAsync(FleetWorld.Owner, bot.Id, "max", Ct)).Problem?.Code);
        Assert.Null((await Registry.SetResourceTierAsync(FleetWorld.Owner, bot.Id, "standard", Ct)).Problem);
        Assert.Null((await Registry.StartAsync(FleetWorld.Owner, bot.Id, Ct)).Problem);
    }

    [Fact]
    public async Task Less_storage_than_is_used_is_refused()
    {
        var bot = await _world.CreateAsync();
        await Registry.SetStorageTierAsync(FleetWorld.Owner, bot.Id, "plus", Ct);
        await _world.Db.ExecuteAsync($"""
            insert into fleet.bot_seen (bot_id, generation, version, process, restarts, cpu_percent, memory_bytes, data_bytes, has_data, seen_at)
            values ({bot.Id}, 0, 1, 'absent', 0, 0, 0, {6L << 30}, true, now())
            """, Ct);

        var problem = (await Registry.SetStorageTierAsync(FleetWorld.Owner, bot.Id, "standard", Ct)).Problem;

        Assert.StartsWith("Cannot downgrade: currently using 6 GB", problem?.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_are_sealed_and_never_shown()
    {
        var secret = Token.New();
        var bot = (await Registry.CreateAsync(FleetWorld.Owner, new("robby", FleetWorld.Image, Env: new() { ["DISCORD_TOKEN"] = secret }), Ct)).Value!;

        Assert.DoesNotContain(secret, string.Join(' ', await _world.TextsAsync($"select b::text from fleet.bot b")), StringComparison.Ordinal);
        Assert.Equal("[hidden]", _world.Get<BotViewing>().Of(bot).Env["DISCORD_TOKEN"]);
        Assert.Equal(secret, _world.Get<BotSecrets>().OpenEnv(bot)["DISCORD_TOKEN"]);
    }

    [Fact]
    public async Task Sealed_rows_follow_a_change_of_the_platforms_secret()
    {
        var bot = await _world.CreateAsync();
        var next = new Vault("00112233445566778899aabbccddeeff", ["fedcba9876543210fedcba9876543210"]);
        var store = new BotSecrets(next, _world.Db).AsSealedStore();

        Assert.Equal(1, await store.DueAsync(Ct));
        Assert.Equal(new ResealBatch(1, 0, bot.Id.ToString()), await store.ResealAsync(null, 10, Ct));
        Assert.Equal(0, await store.DueAsync(Ct));
        Assert.Empty(new BotSecrets(new Vault("00112233445566778899aabbccddeeff", []), _world.Db).OpenEnv(await _world.BotAsync(bot.Id)));
    }

    private async Task<Problem?> CreateProblemAsync() =>
        (await Registry.CreateAsync(FleetWorld.Owner, new("robby", FleetWorld.Image), Ct)).Problem;
}
