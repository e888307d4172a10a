using System.Diagnostics;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Routing;
using Wopr.Gateway.Tests.Catalogue;
using static Wopr.Gateway.Tests.Routing.Made;

namespace Wopr.Gateway.Tests.Routing;

public sealed class BreakerTests
{
    private static readonly BreakerPace s_hurried = new()
    {
        Cooldown = TimeSpan.FromMilliseconds(300),
        CooldownMax = TimeSpan.FromSeconds(1),
        ProbeMax = TimeSpan.FromSeconds(2),
    };

    private static readonly TimeSpan s_quick = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Five_failures_in_a_row_open_a_circuit_and_four_do_not()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("a", 10), Offer("b", 20));
        for (var failure = 0; failure < 4; failure++) { replica.Router.Failed(model.Offers[0], Failure.Timeout); }
        replica.Router.Succeeded(model.Offers[0], s_quick);
        for (var failure = 0; failure < 4; failure++) { replica.Router.Failed(model.Offers[0], Failure.Timeout); }
        Assert.True(await replica.Router.EnterAsync(model.Offers[0], Ct));

        replica.Router.Failed(model.Offers[0], Failure.Timeout);

        Assert.False(await replica.Router.EnterAsync(model.Offers[0], Ct));
        Assert.Equal(["b"], Names(replica, model));
        Assert.InRange(replica.Router.RetryAfter(Model(model.Offers[0]), byok: false)!.Value, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task Half_of_ten_that_fail_open_a_circuit_and_fewer_do_not()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var (half, fewer) = (Offer("half", 1), Offer("fewer", 1));
        for (var round = 0; round < 5; round++)
        {
            replica.Router.Succeeded(half, s_quick);
            replica.Router.Failed(half, Failure.BadAnswer);
            replica.Router.Succeeded(fewer, s_quick);
            if (round < 4) { replica.Router.Failed(fewer, Failure.BadAnswer); }
        }
        replica.Router.Succeeded(fewer, s_quick);

        Assert.False(await replica.Router.EnterAsync(half, Ct));
        Assert.True(await replica.Router.EnterAsync(fewer, Ct));
    }

    [Fact]
    public async Task Another_replica_agrees_within_a_second_that_a_circuit_is_open_and_that_it_is_closed_again()
    {
        // Long enough for a busy machine to ask before it is over.
        var pace = s_hurried with { Cooldown = TimeSpan.FromSeconds(3) };
        await using var one = await Replica.StartAsync(Ct, pace: pace);
        await using var two = await Replica.StartAsync(Ct, one.Source, pace: pace);
        var offer = Offer("a", 10);
        var clock = Stopwatch.StartNew();
        Break(one, offer);

        // A second is meant, and a busy machine gets more: the next look without news is half a minute away.
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.Open, Ct, seconds: 5);
        Assert.InRange(clock.ElapsedMilliseconds, 0, 5000);
        Assert.False(await two.Router.EnterAsync(offer, Ct));

        await Task.Delay(pace.Cooldown, Ct);
        Assert.True(await two.Router.EnterAsync(offer, Ct));
        await Eventually.IsAsync(() => State(one, offer) == CircuitState.HalfOpen, Ct, seconds: 5);
        two.Router.Succeeded(offer, s_quick);
        await Eventually.IsAsync(() => State(one, offer) is null or CircuitState.Closed, Ct, seconds: 5);
        Assert.True(await one.Router.EnterAsync(offer, Ct));
    }

    [Fact]
    public async Task A_replica_that_starts_later_knows_at_once_what_is_open()
    {
        await using var one = await Replica.StartAsync(Ct);
        var offer = Offer("a", 10);
        Break(one, offer);
        await WrittenAsync(one, rows: 1);

        await using var two = await Replica.StartAsync(Ct, one.Source);

        Assert.False(await two.Router.EnterAsync(offer, Ct));
    }

    [Fact]
    public async Task Of_all_requests_on_all_replicas_one_probes()
    {
        await using var one = await Replica.StartAsync(Ct, pace: s_hurried);
        await using var two = await Replica.StartAsync(Ct, one.Source, pace: s_hurried);
        var offer = Offer("a", 10);
        Break(one, offer);
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.Open, Ct);
        await Task.Delay(s_hurried.Cooldown + s_hurried.Cooldown, Ct);

        var entered = await Task.WhenAll(Enumerable.Range(0, 40).Select(number =>
            Task.Run(() => (number % 2 == 0 ? one : two).Router.EnterAsync(offer, Ct).AsTask(), Ct)));

        Assert.Equal(1, entered.Count(inside => inside));
    }

    [Fact]
    public async Task The_one_probe_is_one_also_when_twenty_claim_it_in_the_database_at_once()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var key = new OfferKey("a", "m");
        await BreakerSql.OpenAsync(replica.Db, key, TimeSpan.Zero, Ct);

        var claims = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            BreakerSql.ClaimAsync(replica.Db, key, Guid.CreateVersion7(), TimeSpan.FromSeconds(30), Ct)));

        Assert.Equal(1, claims.Count(claim => claim == Claim.Claimed));
        Assert.Equal(19, claims.Count(claim => claim == Claim.Taken));
    }

    [Fact]
    public async Task The_claim_of_a_prober_that_died_is_over_after_its_time()
    {
        await using var one = await Replica.StartAsync(Ct, pace: s_hurried);
        await using var two = await Replica.StartAsync(Ct, one.Source, pace: s_hurried);
        var offer = Offer("a", 10);
        Break(one, offer);
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.Open, Ct);
        await Task.Delay(s_hurried.Cooldown + s_quick, Ct);
        Assert.True(await one.Router.EnterAsync(offer, Ct));
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.HalfOpen, Ct);
        Assert.False(await two.Router.EnterAsync(offer, Ct));

        await Task.Delay(s_hurried.ProbeMax + s_quick, Ct);

        Assert.True(await two.Router.EnterAsync(offer, Ct));
    }

    [Fact]
    public async Task A_probe_that_fails_doubles_the_pause_up_to_its_most()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var key = new OfferKey("a", "m");
        await BreakerSql.OpenAsync(replica.Db, key, TimeSpan.Zero, Ct);
        List<double> pauses = [];
        for (var trip = 0; trip < 7; trip++)
        {
            var probe = Guid.CreateVersion7();
            await replica.Db.ExecuteAsync($"update gateway.breaker set retry_at = now()", Ct);
            Assert.Equal(Claim.Claimed, await BreakerSql.ClaimAsync(replica.Db, key, probe, TimeSpan.FromSeconds(30), Ct));
            await BreakerSql.ProbeFailedAsync(replica.Db, key, probe, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(2), Ct);
            pauses.Add(Math.Ceiling((await BreakerSql.ReadAsync(replica.Db, Ct))[0].RetryIn.TotalSeconds));
        }

        Assert.Equal([10, 20, 40, 80, 120, 120, 120], pauses);
    }

    [Fact]
    public async Task A_probe_whose_time_was_over_neither_closes_nor_opens_anything()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var (key, late, now) = (new OfferKey("a", "m"), Guid.CreateVersion7(), Guid.CreateVersion7());
        await BreakerSql.OpenAsync(replica.Db, key, TimeSpan.Zero, Ct);
        await BreakerSql.ClaimAsync(replica.Db, key, late, TimeSpan.Zero, Ct);
        await BreakerSql.ClaimAsync(replica.Db, key, now, TimeSpan.FromSeconds(30), Ct);

        await BreakerSql.CloseAsync(replica.Db, key, late, Ct);
        await BreakerSql.ProbeFailedAsync(replica.Db, key, late, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(2), Ct);
        await BreakerSql.ReleaseAsync(replica.Db, key, late, Ct);

        var row = Assert.Single(await BreakerSql.ReadAsync(replica.Db, Ct));
        Assert.Equal((now, 1), (row.Probe, row.Trips));
    }

    [Fact]
    public async Task Who_sees_an_open_circuit_fail_again_neither_shortens_nor_restarts_its_pause()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var (key, probe) = (new OfferKey("a", "m"), Guid.CreateVersion7());
        await BreakerSql.OpenAsync(replica.Db, key, TimeSpan.Zero, Ct);
        await BreakerSql.ClaimAsync(replica.Db, key, probe, TimeSpan.FromSeconds(30), Ct);
        await BreakerSql.ProbeFailedAsync(replica.Db, key, probe, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(2), Ct);

        await BreakerSql.OpenAsync(replica.Db, key, TimeSpan.Zero, Ct);
        await BreakerSql.LimitAsync(replica.Db, key, TimeSpan.Zero, probe: null, Ct);

        var row = Assert.Single(await BreakerSql.ReadAsync(replica.Db, Ct));
        Assert.Equal((false, 2), (row.IsLimited, row.Trips));
        Assert.InRange(row.RetryIn, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_probe_that_is_asked_to_wait_makes_all_wait_that_long()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var (key, probe) = (new OfferKey("a", "m"), Guid.CreateVersion7());
        await BreakerSql.OpenAsync(replica.Db, key, TimeSpan.Zero, Ct);
        await BreakerSql.ClaimAsync(replica.Db, key, probe, TimeSpan.FromSeconds(30), Ct);

        await BreakerSql.LimitAsync(replica.Db, key, TimeSpan.FromSeconds(60), probe, Ct);

        var row = Assert.Single(await BreakerSql.ReadAsync(replica.Db, Ct));
        Assert.Equal((true, null), (row.IsLimited, row.Probe));
        Assert.InRange(row.RetryIn, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_circuit_that_nobody_asked_for_in_a_day_leaves_the_table()
    {
        await using var replica = await Replica.StartAsync(Ct);
        await BreakerSql.OpenAsync(replica.Db, new("old", "m"), -TimeSpan.FromHours(25), Ct);
        await BreakerSql.OpenAsync(replica.Db, new("newer", "m"), -TimeSpan.FromHours(23), Ct);

        await WrittenAsync(replica, rows: 1);

        Assert.Equal("newer", (await BreakerSql.ReadAsync(replica.Db, Ct))[0].Key.Provider);
    }

    [Fact]
    public async Task A_probe_that_taught_nothing_goes_to_the_next_at_once()
    {
        await using var one = await Replica.StartAsync(Ct, pace: s_hurried);
        await using var two = await Replica.StartAsync(Ct, one.Source, pace: s_hurried);
        var offer = Offer("a", 10);
        Break(one, offer);
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.Open, Ct);
        await Task.Delay(s_hurried.Cooldown + s_quick, Ct);
        Assert.True(await one.Router.EnterAsync(offer, Ct));
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.HalfOpen, Ct);

        one.Router.Abandoned(offer);

        await Eventually.IsAsync(() => State(two, offer) == CircuitState.Open, Ct, seconds: 1);
        Assert.True(await two.Router.EnterAsync(offer, Ct));
    }

    [Fact]
    public async Task A_provider_that_wants_to_be_asked_less_is_left_alone_for_as_long_as_it_said_by_all()
    {
        await using var one = await Replica.StartAsync(Ct);
        await using var two = await Replica.StartAsync(Ct, one.Source);
        var offer = Offer("a", 10);
        one.Router.Failed(offer, Failure.RateLimited, TimeSpan.FromSeconds(1));
        Assert.False(await one.Router.EnterAsync(offer, Ct));
        await Eventually.IsAsync(() => State(two, offer) == CircuitState.Limited, Ct, seconds: 1);
        Assert.False(await two.Router.EnterAsync(offer, Ct));

        await Task.Delay(TimeSpan.FromMilliseconds(1200), Ct);

        // Nobody has to probe.
        Assert.True(await one.Router.EnterAsync(offer, Ct));
        Assert.True(await one.Router.EnterAsync(offer, Ct));
        Assert.True(await two.Router.EnterAsync(offer, Ct));
        one.Router.Failed(offer, Failure.Timeout);
        await one.Db.ExecuteAsync($"select pg_notify('gateway_breaker', '')", Ct);
        await WrittenAsync(one, rows: 0);
    }

    [Fact]
    public async Task Refusals_for_asking_too_much_open_nothing_by_themselves_and_make_others_come_first()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("a", 10), Offer("b", 20));
        for (var refusal = 0; refusal < 30; refusal++) { replica.Router.Failed(model.Offers[0], Failure.RateLimited); }

        Assert.True(await replica.Router.EnterAsync(model.Offers[0], Ct));
        Assert.Equal(["b", "a"], Names(replica, model));
    }

    [Fact]
    public async Task Without_the_database_a_replica_decides_alone_and_lets_nobody_probe()
    {
        await using var replica = await Replica.StartAsync(Ct, pace: s_hurried);
        await replica.Db.ExecuteAsync($"alter table gateway.breaker rename to breaker_gone", Ct);
        var (broken, fine) = (Offer("a", 10), Offer("b", 10));
        Break(replica, broken);
        await Task.Delay(s_hurried.Cooldown + s_hurried.Cooldown, Ct);

        Assert.False(await replica.Router.EnterAsync(broken, Ct));
        Assert.True(await replica.Router.EnterAsync(fine, Ct));

        await replica.Db.ExecuteAsync($"alter table gateway.breaker_gone rename to breaker", Ct);
        await Eventually.IsAsync(() => State(replica, broken) is null or CircuitState.Closed, Ct);
    }

    private static CircuitState? State(Replica replica, Offer offer) =>
        replica.Router.Health.FirstOrDefault(health => health.Provider == offer.Provider.Id)?.State;

    private static async Task WrittenAsync(Replica replica, int rows)
    {
        for (var tries = 0; tries < 200; tries++)
        {
            if ((await BreakerSql.ReadAsync(replica.Db, Ct)).Count == rows) { return; }
            await Task.Delay(20, Ct);
        }
        Assert.Fail($"Never {rows} rows.");
    }
}
