using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Routing;
using Outcome = Wopr.Gateway.Routing.Outcome;

namespace Wopr.Gateway.Tests.Routing;

public sealed class CircuitTests
{
    private static readonly OfferKey s_key = new("a", "m");
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch;
    private static readonly TimeSpan s_first = TimeSpan.FromMilliseconds(5);

    [Fact]
    public void What_was_read_before_it_opened_does_not_close_it()
    {
        var circuit = new Circuit(s_key, new());
        var seen = circuit.Version;
        Break(circuit, Seconds(1));

        circuit.Adopt(Seconds(1), row: null, circuit.Version);
        Assert.False(circuit.IsClosed);

        circuit.Wrote();
        circuit.Adopt(Seconds(1), row: null, seen);
        Assert.False(circuit.IsClosed);

        circuit.Adopt(Seconds(1), row: null, circuit.Version);
        Assert.True(circuit.IsClosed);
    }

    [Fact]
    public void While_it_asks_for_the_probe_nobody_else_asks_and_nothing_old_is_taken_over()
    {
        var circuit = Opened();
        Assert.Null(circuit.Enter(Seconds(7)));
        Assert.False(circuit.Enter(Seconds(7)));
        Assert.False(circuit.MayTry(Seconds(7)));

        circuit.Adopt(Seconds(7), row: null, circuit.Version);

        Assert.False(circuit.IsClosed);
    }

    [Fact]
    public void A_failed_probe_doubles_its_pause_here_too()
    {
        var circuit = Opened();
        var at = Seconds(7);
        foreach (var pause in (int[])[10, 20, 40, 80, 120, 120])
        {
            Assert.Null(circuit.Enter(at));
            circuit.Claimed(at, Claim.Claimed, Guid.CreateVersion7());
            Assert.Equal(CircuitState.HalfOpen, circuit.Health(at).State);
            circuit.Failed(at, Failure.Timeout, null, s_now);
            Assert.Equal(Seconds(pause), circuit.Wait(at));
            at += Seconds(pause);
        }
    }

    [Fact]
    public void One_that_closed_begins_anew()
    {
        var circuit = new Circuit(s_key, new());
        for (var round = 0; round < 6; round++)
        {
            circuit.Succeeded(Seconds(1), s_first);
            circuit.Failed(Seconds(1), Failure.ServerError, null, s_now);
        }
        Assert.False(circuit.IsClosed);
        Assert.Null(circuit.Enter(Seconds(7)));
        circuit.Claimed(Seconds(7), Claim.Claimed, Guid.CreateVersion7());
        circuit.Succeeded(Seconds(7), s_first);
        Assert.True(circuit.IsClosed);

        circuit.Failed(Seconds(7), Failure.ServerError, null, s_now);

        Assert.True(circuit.IsClosed);
    }

    [Fact]
    public void What_ends_after_it_opened_without_having_probed_changes_nothing()
    {
        var circuit = Opened();
        var before = circuit.Wait(Seconds(2));

        Assert.Null(circuit.Succeeded(Seconds(2), s_first));
        Assert.Null(circuit.Failed(Seconds(2), Failure.ServerError, null, s_now));
        Assert.Null(circuit.Failed(Seconds(2), Failure.RateLimited, Seconds(60), s_now));
        Assert.Null(circuit.Abandoned(Seconds(2)));

        Assert.Equal(before, circuit.Wait(Seconds(2)));
        Assert.Equal(CircuitState.Open, circuit.Health(Seconds(2)).State);
    }

    [Fact]
    public void However_long_a_provider_wants_to_be_left_alone_it_is_asked_again_after_ten_minutes()
    {
        var circuit = new Circuit(s_key, new());

        circuit.Failed(Seconds(0), Failure.RateLimited, TimeSpan.FromDays(3), s_now);

        Assert.Equal(TimeSpan.FromMinutes(10), circuit.Wait(Seconds(0)));
    }

    [Fact]
    public void The_same_wish_of_many_requests_is_written_down_once()
    {
        var circuit = new Circuit(s_key, new());

        var writes = Enumerable.Range(0, 100).Count(number =>
            circuit.Failed(TimeSpan.FromMilliseconds(number), Failure.RateLimited, Seconds(30), s_now) is not null);

        Assert.Equal(1, writes);
    }

    [Fact]
    public void A_probe_that_is_asked_to_wait_waits_that_long_and_needs_no_other_probe()
    {
        var circuit = Opened();
        Assert.Null(circuit.Enter(Seconds(7)));
        circuit.Claimed(Seconds(7), Claim.Claimed, Guid.CreateVersion7());

        Assert.NotNull(circuit.Failed(Seconds(7), Failure.RateLimited, Seconds(3), s_now));

        Assert.Equal((CircuitState.Limited, Seconds(3)), (circuit.Health(Seconds(7)).State, circuit.Wait(Seconds(7))));
        Assert.True(circuit.Enter(Seconds(10)));
    }

    [Fact]
    public void Counts_are_those_of_the_last_half_and_whole_minute() => Prop.ForAll(
        Gen.ListOf(
            from pause in Gen.Choose(0, 9000)
            from outcome in Gen.Elements(Outcome.Good, Outcome.Bad, Outcome.Refused)
            select (Pause: pause, Outcome: outcome)).ToArbitrary(),
        steps =>
        {
            var outcomes = new Outcomes();
            List<(long Slot, Outcome Outcome)> all = [];
            var at = TimeSpan.Zero;
            foreach (var (pause, outcome) in steps)
            {
                at += TimeSpan.FromMilliseconds(pause);
                outcomes.Add(at, outcome);
                var now = (long)at.TotalSeconds / 3;
                all.Add((now, outcome));
                if (outcomes.LastMinute(at) != all.Count(one => one.Slot > now - 20)) { return false; }
                if (outcomes.Recent(at, Outcome.Bad) != all.Count(one => one.Slot > now - 10 && one.Outcome == Outcome.Bad)) { return false; }
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    private static Circuit Opened()
    {
        var circuit = new Circuit(s_key, new());
        Break(circuit, Seconds(1));
        circuit.Wrote();
        return circuit;
    }

    private static void Break(Circuit circuit, TimeSpan age)
    {
        for (var failure = 0; failure < BreakerPace.FailuresInRow; failure++) { circuit.Failed(age, Failure.ServerError, null, s_now); }
        Assert.False(circuit.IsClosed);
    }
}
