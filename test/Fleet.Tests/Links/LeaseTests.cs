using Wopr.Protocol;

namespace Wopr.Fleet.Tests.Links;

/// <summary>Of one bot, one copy may act.</summary>
public sealed class LeaseTests : IAsyncLifetime
{
    private readonly CancellationTokenSource _over = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private Replica _replica = null!;

    private CancellationToken Ct => _over.Token;

    public async ValueTask InitializeAsync() => _replica = await Replica.StartAsync(Ct);

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _replica.DisposeAsync();
        _over.Dispose();
    }

    [Fact]
    public async Task A_bot_that_may_run_gets_a_lease_over_its_link()
    {
        var bot = await _replica.BotAsync(Ct);
        var client = _replica.Dial(_replica.Keys.ForBot(bot, 1), greet: (link, ct) => link.AskAsync(HomeVerbs.Hello, new(bot, 1, "7.1"), ct));
        _ = client.RunAsync(Ct);

        Assert.Equal(15, (await client.AskAsync(HomeVerbs.Lease, new(1), Ct)).Seconds);

        Assert.True(await _replica.Db.ValueAsync<bool>(
            $"select until between now() + interval '5 seconds' and now() + interval '15 seconds' from fleet.lease where bot_id = {bot}", Ct));
        Assert.Equal("7.1", await _replica.Db.ValueAsync<string>($"select version from fleet.link where peer = {$"bot:{bot}"}", Ct));
    }

    [Theory]
    [InlineData("wish = 'stop'")]
    [InlineData("billing_state = 'suspended'")]
    [InlineData("state = 'deleted', deleted_at = now()")]
    public async Task A_bot_that_shall_rest_gets_none_now(string change)
    {
        var bot = await _replica.BotAsync(Ct);
        await SetAsync(bot, change);

        Assert.Equal(LeaseAnswer.NotNow, await GiveAsync(bot, 1));
        await Assert.ThrowsAsync<LinkRefusedException>(() => _replica.Get<LeaseDesk>().AskAsync(LinkPeer.Bot(bot, 1), Ct));
        Assert.Equal(0, await _replica.Db.ValueAsync<long>($"select count(*) from fleet.lease", Ct));
    }

    [Fact]
    public async Task An_old_generation_gets_none_any_more_and_the_new_waits_until_the_old_has_surely_ended()
    {
        var bot = await _replica.BotAsync(Ct);
        Assert.Equal(LeaseAnswer.Given, await GiveAsync(bot, 1));
        await SetAsync(bot, "generation = 2");

        Assert.Equal(LeaseAnswer.Never, await GiveAsync(bot, 1));
        Assert.Equal(LeaseAnswer.NotNow, await GiveAsync(bot, 2));
        await ExpireAsync(bot, "4 seconds");
        Assert.Equal(LeaseAnswer.NotNow, await GiveAsync(bot, 2));
        await ExpireAsync(bot, "6 seconds");
        Assert.Equal(LeaseAnswer.Given, await GiveAsync(bot, 2));
        Assert.Equal(LeaseAnswer.Never, await GiveAsync(bot, 1));
    }

    [Fact]
    public async Task A_lease_that_was_granted_while_the_generation_changed_still_keeps_the_next_waiting()
    {
        var bot = await _replica.BotAsync(Ct);
        await SetAsync(bot, "generation = 2");
        // As a statement would leave it that began before the change and ended after it.
        await _replica.Db.ExecuteAsync($"insert into fleet.lease values ({bot}, 1, now() + interval '15 seconds')", Ct);

        Assert.Equal(LeaseAnswer.NotNow, await GiveAsync(bot, 2));
        // And once the next has it, one that comes late changes nothing.
        await ExpireAsync(bot, "6 seconds");
        Assert.Equal(LeaseAnswer.Given, await GiveAsync(bot, 2));
        await SetAsync(bot, "generation = 1");
        await ExpireAsync(bot, "6 seconds");
        Assert.Equal(LeaseAnswer.NotNow, await GiveAsync(bot, 1));
    }

    [Fact]
    public async Task What_is_no_bot_gets_none()
    {
        Assert.Equal(LeaseAnswer.Never, await GiveAsync(Guid.CreateVersion7(), 1));
        var erased = await _replica.BotAsync(Ct);
        await SetAsync(erased, "erased_at = now()");
        Assert.Equal(LeaseAnswer.Never, await GiveAsync(erased, 1));
    }

    [Fact]
    public async Task Many_who_ask_at_once_are_answered_each_and_by_few_statements()
    {
        var desk = _replica.Get<LeaseDesk>();
        List<Guid> bots = [];
        for (var number = 0; number < 40; number++) { bots.Add(await _replica.BotAsync(Ct)); }
        // Some twice, and some for a generation that is over.
        var asks = bots.Select(bot => desk.AskAsync(LinkPeer.Bot(bot, 1), Ct))
            .Concat(bots.Take(10).Select(bot => desk.AskAsync(LinkPeer.Bot(bot, 1), Ct))).ToList();
        var old = bots.Take(10).Select(bot => desk.AskAsync(LinkPeer.Bot(bot, 0), Ct)).ToList();

        Assert.All(await Task.WhenAll(asks), given => Assert.Equal(15, given.Seconds));
        Assert.All(await Task.WhenAll(old), given => Assert.Equal(0, given.Seconds));
        // Whoever is answered by one statement has one time.
        Assert.InRange(await _replica.Db.ValueAsync<long>($"select count(distinct until) from fleet.lease", Ct), 1, 10);
    }

    [Fact]
    public async Task When_the_database_does_not_answer_there_is_no_lease_now()
    {
        var bot = await _replica.BotAsync(Ct);
        await _replica.Db.ExecuteAsync($"alter table fleet.lease rename to lease_gone", Ct);

        await Assert.ThrowsAsync<LinkRefusedException>(() => _replica.Get<LeaseDesk>().AskAsync(LinkPeer.Bot(bot, 1), Ct));

        await _replica.Db.ExecuteAsync($"alter table fleet.lease_gone rename to lease", Ct);
        Assert.Equal(15, (await _replica.Get<LeaseDesk>().AskAsync(LinkPeer.Bot(bot, 1), Ct)).Seconds);
    }

    private async Task<LeaseAnswer> GiveAsync(Guid bot, int generation) =>
        Assert.Single(await LeaseSql.GiveAsync(_replica.Db, [bot], [generation], Ct)).Answer;

    private async Task SetAsync(Guid bot, string change)
    {
#pragma warning disable CA2100 // Tests write their own SQL.
        await using var command = _replica.Source.CreateCommand($"update fleet.bot set {change} where id = '{bot}'");
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(Ct);
    }

    private Task ExpireAsync(Guid bot, string ago) =>
        _replica.Db.ExecuteAsync($"update fleet.lease set until = now() - {ago}::interval where bot_id = {bot}", Ct);
}
