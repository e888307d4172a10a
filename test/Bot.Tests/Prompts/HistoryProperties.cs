using FsCheck;
using FsCheck.Fluent;
using Wopr.Bot.Prompts;

namespace Wopr.Bot.Tests.Prompts;

public sealed class HistoryProperties
{
    private static readonly Gen<List<PastTurn>> s_turns =
        (from message in Gen.Choose(1, 4_000)
         from answer in Gen.Choose(0, 8_000)
         select new PastTurn(Guid.CreateVersion7(), new('q', message), new('a', answer))).ListOf().Select(turns => turns.ToList());

    // Each turn replaces, sometimes, any of those before it.
    private static readonly Gen<List<(Guid Id, Guid? Replaces)>> s_replacing =
        Gen.Choose(-8, 30).ListOf().Select(picks =>
        {
            List<(Guid Id, Guid? Replaces)> turns = [];
            foreach (var pick in picks)
            {
                Guid? replaced = pick >= 0 && pick < turns.Count ? turns[pick].Id : null;
                turns.Add((Guid.CreateVersion7(), replaced));
            }
            return turns;
        });

    [Fact]
    public void What_is_kept_is_whole_the_newest_and_within_the_budget() => Prop.ForAll(
        s_turns.ToArbitrary(), Gen.Choose(-5_000, 30_000).ToArbitrary(), (turns, budget) =>
        {
            var kept = History.Fit(turns.AsEnumerable().Reverse(), budget, out var isCut);

            Assert.Equal(turns[^kept.Count..], kept);
            Assert.True(kept.Count >= Math.Min(turns.Count, History.KeptTurns));
            Assert.True(kept.Count <= History.KeptTurns || kept.Sum(turn => turn.Tokens) <= budget);
            Assert.Equal(kept.Count < turns.Count, isCut);
            // One more would have been too much.
            Assert.True(!isCut || kept.Sum(turn => turn.Tokens) + turns[^(kept.Count + 1)].Tokens > budget);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void What_was_replaced_is_not_seen_and_the_last_turn_always_is() => Prop.ForAll(s_replacing.ToArbitrary(), turns =>
    {
        var visible = History.Visible(turns, turn => turn.Id, turn => turn.Replaces);

        var replaced = turns.Select(turn => turn.Replaces).OfType<Guid>().ToHashSet();
        Assert.DoesNotContain(visible, turn => replaced.Contains(turn.Id));
        Assert.Equal(visible, turns.Where(visible.Contains));
        if (turns.Count > 0) { Assert.Equal(turns[^1], visible[^1]); }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Before_a_turn_that_is_seen_nothing_changes_any_more() => Prop.ForAll(s_replacing.ToArbitrary(), turns =>
    {
        // What a summary stands for stays what it was as long as its last turn is seen.
        var now = History.Visible(turns, turn => turn.Id, turn => turn.Replaces);
        for (var length = 1; length < turns.Count; length++)
        {
            var then = History.Visible(turns[..length], turn => turn.Id, turn => turn.Replaces);
            for (var index = 0; index < then.Count; index++)
            {
                if (now.IndexOf(then[index]) is var place and >= 0) { Assert.Equal(then[..(index + 1)], now[..(place + 1)]); }
            }
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_retry_of_what_was_retried_takes_its_place()
    {
        var (a, b, c, d, e) = (Id(1), Id(2), Id(3), Id(4), Id(5));
        Assert.Equal([a, e], Seen((a, null), (b, null), (c, null), (d, b), (e, b)));
        Assert.Equal([a, e], Seen((a, null), (b, null), (c, null), (d, b), (e, c)));
        Assert.Equal([a, b], Seen((a, null), (b, Id(9))));
        Assert.Equal([a], Seen((a, a)));
    }

    private static Guid Id(byte number) => new(number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    private static IEnumerable<Guid> Seen(params (Guid Id, Guid? Replaces)[] turns) =>
        History.Visible(turns, turn => turn.Id, turn => turn.Replaces).Select(turn => turn.Id);
}
