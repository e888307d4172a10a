using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Routing;
using Wopr.Gateway.Tests.Catalogue;
using static Wopr.Gateway.Tests.Routing.Made;

namespace Wopr.Gateway.Tests.Routing;

public sealed class RouterTests
{
    private static readonly TimeSpan s_quick = TimeSpan.FromMilliseconds(20);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Own_servers_come_first_then_the_cheapest()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("dear", 30), Offer("own", 90, isOwn: true), Offer("cheap", 10));

        Assert.Equal(["own", "cheap", "dear"], Names(replica, model));
    }

    [Fact]
    public async Task An_own_server_that_fails_loses_its_place_until_it_answers()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("own", 90, isOwn: true), Offer("cheap", 10));
        replica.Router.Failed(model.Offers[0], Failure.ServerError);
        Assert.Equal(["own", "cheap"], Names(replica, model));

        replica.Router.Failed(model.Offers[0], Failure.ServerError);
        Assert.Equal(["cheap", "own"], Names(replica, model));

        replica.Router.Succeeded(model.Offers[0], s_quick);
        Assert.Equal(["own", "cheap"], Names(replica, model));
    }

    [Fact]
    public async Task Among_equals_a_conversation_stays_where_it_was_served_last()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("a", 10), Offer("b", 10), Offer("c", 10), Offer("cheap", 9));
        for (ulong conversation = 1; conversation <= 50; conversation++)
        {
            var last = model.Offers[(int)(conversation % 3)];
            replica.Router.Succeeded(last, s_quick, conversation);

            Assert.Equal(["cheap", last.Provider.Id], Names(replica, model, conversation).Take(2));
        }
    }

    [Fact]
    public async Task Among_equals_who_speaks_as_the_caller_does_comes_first_and_never_before_a_cheaper_one()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var foreign = Offer("anthropic", 10);
        var claude = foreign with { Provider = foreign.Provider with { Dialect = Dialect.Anthropic } };
        var model = Model(Offer("a", 10), claude, Offer("b", 10), Offer("cheap", 9));
        replica.Router.Succeeded(model.Offers[0], s_quick, 7);

        Assert.Equal(["cheap", "anthropic", "a", "b"],
            replica.Router.Order(model, Dialect.Anthropic, 7, byok: false).Select(offer => offer.Provider.Id));
        Assert.Equal(["cheap", "a", "b", "anthropic"], Names(replica, model, 7));
    }

    [Fact]
    public async Task Equals_share_conversations_among_them_and_replicas_agree_on_it()
    {
        await using var one = await Replica.StartAsync(Ct);
        await using var two = await Replica.StartAsync(Ct, one.Source);
        var model = Model(Offer("a", 10), Offer("b", 10), Offer("c", 10));
        var firsts = Enumerable.Range(1, 300).Select(number => (ulong)number).ToLookup(number =>
        {
            Assert.Equal(Names(one, model, number), Names(two, model, number));
            return Names(one, model, number)[0];
        });

        Assert.All(["a", "b", "c"], name => Assert.InRange(firsts[name].Count(), 50, 150));
    }

    [Fact]
    public async Task What_is_remembered_of_conversations_does_not_grow()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var offer = Offer("a", 10);
        Serve(1000);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Serve(200_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Serve(ulong conversations)
        {
            for (ulong conversation = 1; conversation < conversations; conversation++)
            {
                replica.Router.Succeeded(offer, s_quick, conversation);
            }
        }
    }

    [Fact]
    public async Task Only_tenants_with_keys_reach_providers_that_take_theirs_and_nobody_else_one_without_a_key()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("theirs", 5, tenantKey: "openai", key: null), Offer("both", 6, tenantKey: "anthropic"), Offer("ours", 7));

        Assert.Equal(["both", "ours"], Names(replica, model));
        Assert.Equal(["theirs", "both"],
            replica.Router.Order(model, Dialect.Openai, 0, byok: true).Select(offer => offer.Provider.Id));
    }

    [Fact]
    public async Task With_every_circuit_open_there_is_nobody_to_ask()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var model = Model(Offer("a", 10), Offer("b", 20));
        foreach (var offer in model.Offers) { Break(replica, offer); }

        Assert.Empty(Names(replica, model));
        Assert.Empty(Names(replica, Model(model.Offers[0])));
    }

    [Fact]
    public async Task A_closed_circuit_costs_no_wait_and_no_memory()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var offer = Offer("a", 10);
        Enter(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Enter(1000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Enter(int times)
        {
            for (var time = 0; time < times; time++)
            {
                var entered = replica.Router.EnterAsync(offer, CancellationToken.None).AsTask();
                if (!entered.IsCompletedSuccessfully) { Assert.Fail("It waited."); }
            }
        }
    }

    [Fact]
    public async Task Health_tells_the_circuit_the_failures_the_speed_and_the_traffic()
    {
        await using var replica = await Replica.StartAsync(Ct);
        var offer = Offer("a", 10);
        foreach (var milliseconds in (int[])[30, 10, 20])
        {
            replica.Router.Succeeded(offer, TimeSpan.FromMilliseconds(milliseconds));
        }
        replica.Router.Failed(offer, Failure.ServerError);
        replica.Router.Failed(offer, Failure.RateLimited);

        var health = Assert.Single(replica.Router.Health);
        Assert.Equal(new("a", "m", CircuitState.Closed, null, 2, TimeSpan.FromMilliseconds(20), 5), health);

        Break(replica, offer);
        Assert.True(Assert.Single(replica.Router.Health) is { State: CircuitState.Open, Since: not null });
    }

    [Fact]
    public async Task An_offer_nobody_asks_for_is_forgotten()
    {
        await using var replica = await Replica.StartAsync(Ct, pace: new()
        {
            ForgetAfter = TimeSpan.FromMilliseconds(50),
            LookEvery = TimeSpan.FromMilliseconds(50),
        });
        replica.Router.Succeeded(Offer("a", 10), s_quick);
        Assert.Single(replica.Router.Health);

        await Eventually.IsAsync(() => replica.Router.Health.Count == 0, Ct);
    }
}
