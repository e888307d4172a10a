using System.Text;
using Wopr.Kernel;
using Wopr.Protocol;
using Wopr.Testing;

namespace Wopr.Fleet.Tests;

public sealed class BotStateTests
{
    private static readonly BotState[] s_states = Enum.GetValues<BotState>();

    private static readonly BotFacts s_well = new(
        BotWish.Run, IsSuspended: false, IsPlaced: true, SeesNode: true, BotProcess.Up, KnowsWish: true, HasLease: true, HadLeaseLately: true);

    /// <summary>Everything that can be known at once.</summary>
    private static IEnumerable<BotFacts> AllFacts()
    {
        bool[] both = [true, false];
        BotProcess?[] processes = [null, .. Enum.GetValues<BotProcess>().Cast<BotProcess?>()];
        return from wish in Enum.GetValues<BotWish>()
               from process in processes
               from flags in Enumerable.Range(0, 1 << 9)
               select new BotFacts(wish, Flag(flags, 0), Flag(flags, 1), Flag(flags, 2), process, Flag(flags, 3), Flag(flags, 4), Flag(flags, 5),
                   Flag(flags, 6), Flag(flags, 7), Flag(flags, 8));

        static bool Flag(int flags, int at) => (flags & (1 << at)) != 0;
    }

    [Fact]
    public void Nothing_that_can_be_known_leads_out_of_the_table()
    {
        foreach (var facts in AllFacts())
        {
            foreach (var now in s_states)
            {
                var next = BotStates.Next(now, facts);
                Assert.True(next == now || BotStates.CanMove(now, next), $"{now} -> {next}: {facts}");
            }
        }
    }

    [Fact]
    public void What_is_known_says_what_a_bot_is_and_saying_it_again_says_the_same()
    {
        foreach (var facts in AllFacts())
        {
            foreach (var now in s_states)
            {
                var last = now;
                for (var step = 0; step < 4; step++) { last = BotStates.Next(last, facts); }
                Assert.Equal(last, BotStates.Next(last, facts));
            }
        }
    }

    [Fact]
    public void Nobody_runs_without_a_process_a_lease_and_a_node_that_is_seen()
    {
        foreach (var facts in AllFacts().Where(facts => facts is not { SeesNode: true, Process: BotProcess.Up or BotProcess.Starting, IsPlaced: true }))
        {
            Assert.DoesNotContain(BotState.Running, s_states.Where(now => now != BotState.Running).Select(now => BotStates.Next(now, facts)));
        }
        foreach (var facts in AllFacts().Where(facts => facts is { HasLease: false }))
        {
            Assert.DoesNotContain(BotState.Running, s_states.Where(now => now != BotState.Running).Select(now => BotStates.Next(now, facts)));
        }
    }

    [Fact]
    public void A_node_that_is_not_seen_leaves_nobody_running() => Assert.All(
        AllFacts().Where(facts => facts is { SeesNode: false, IsPlaced: true, Wish: BotWish.Run }),
        facts => Assert.Equal(BotState.Unknown, BotStates.Next(BotState.Running, facts)));

    [Fact]
    public void Deleted_is_left_by_nothing_that_is_seen() => Assert.All(
        AllFacts(), facts => Assert.Equal(BotState.Deleted, BotStates.Next(BotState.Deleted, facts)));

    [Theory]
    [InlineData(BotState.Provisioning, BotState.Running)]
    [InlineData(BotState.Updating, BotState.Running)]
    [InlineData(BotState.Recovering, BotState.Running)]
    [InlineData(BotState.Unhealthy, BotState.Running)]
    [InlineData(BotState.Unknown, BotState.Running)]
    [InlineData(BotState.Failed, BotState.Running)]
    [InlineData(BotState.Stopped, BotState.Provisioning)]
    [InlineData(BotState.Suspended, BotState.Provisioning)]
    public void All_is_well_and_so_is_the_bot(BotState now, BotState then) => Assert.Equal(then, BotStates.Next(now, s_well));

    [Fact]
    public void What_goes_wrong_has_a_name()
    {
        Assert.Equal(BotState.Unhealthy, BotStates.Next(BotState.Running, s_well with { HasLease = false, HadLeaseLately = false }));
        Assert.Equal(BotState.Running, BotStates.Next(BotState.Running, s_well with { HasLease = false }));
        Assert.Equal(BotState.Recovering, BotStates.Next(BotState.Running, s_well with { Process = BotProcess.Exited }));
        Assert.Equal(BotState.Failed, BotStates.Next(BotState.Running, s_well with { Process = BotProcess.Failed }));
        Assert.Equal(BotState.Stopped,
            BotStates.Next(BotState.Running, s_well with { Process = BotProcess.Exited, EndsByItself = true, EndedWell = true }));
        Assert.Equal(BotState.Failed, BotStates.Next(BotState.Unhealthy, s_well with { HasLease = false, IsGivenUp = true }));
    }

    [Fact]
    public void What_is_to_stop_has_stopped_when_its_node_says_so()
    {
        var stop = s_well with { Wish = BotWish.Stop };
        Assert.Equal(BotState.Running, BotStates.Next(BotState.Running, stop));
        Assert.Equal(BotState.Running, BotStates.Next(BotState.Running, stop with { Process = BotProcess.Absent, KnowsWish = false }));
        Assert.Equal(BotState.Stopped, BotStates.Next(BotState.Running, stop with { Process = BotProcess.Absent }));
        Assert.Equal(BotState.Suspended, BotStates.Next(BotState.Running, stop with { Process = BotProcess.Absent, IsSuspended = true }));
        Assert.Equal(BotState.Stopped, BotStates.Next(BotState.Provisioning, stop with { IsPlaced = false }));
    }

    [Fact]
    public void Charged_are_those_that_run_in_some_way() => Assert.Equal(
        [BotState.Running, BotState.Unhealthy, BotState.Sleeping, BotState.Updating, BotState.Recovering],
        s_states.Where(BotStates.IsActive).Order());

    [Fact]
    public void The_readme_shows_the_table()
    {
        const string place = "src/Modules/Fleet/README.md";
        var text = new StringBuilder("| From | To |\n|---|---|\n");
        foreach (var from in s_states)
        {
            text.Append($"| {Sql.Name(from)} | {string.Join(", ", BotStates.After(from).Select(state => Sql.Name(state)))} |\n");
        }
        var readme = File.ReadAllText(Repository.Full(place));
        var start = readme.IndexOf("| From | To |", StringComparison.Ordinal);
        var end = readme.IndexOf("\n\n", start, StringComparison.Ordinal) + 1;
        Generated.Check(place, readme[..start] + text + readme[end..]);
    }
}
