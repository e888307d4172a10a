using Wopr.Credits.Simulation;

namespace Wopr.Credits.Tests;

/// <summary>A part of what ./wopr simulate ledger runs; docs/simulation.md says what it is.</summary>
public sealed class SimulationTests
{
    private const int Seeds = 200;
    private const int TailLines = 60;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_order_of_statements_faults_and_deaths_breaks_a_law_of_the_ledger()
    {
        var (failures, ran) = await Simulation.Seeds.RunAsync(first: 1, Seeds, stopAtFirst: true, Ct);

        Assert.True(failures.Count == 0, string.Join('\n', failures.Select(failure =>
            $"seed {failure.Seed}: {failure.Law}\n{string.Join('\n', failure.Trace.Lines.TakeLast(TailLines))}")));
        Assert.Equal(Seeds, ran);
    }

    [Fact]
    public async Task The_same_seed_is_the_same_world()
    {
        await using var one = await Lane.CreateAsync(Ct);
        await using var two = await Lane.CreateAsync(Ct);
        foreach (var seed in Enumerable.Range(1, 5))
        {
            var (first, again) = (new Trace(), new Trace());
            World.Run(seed, one, first);
            World.Run(seed, two, again);
            Assert.Equal(first.Lines, again.Lines);
        }
    }
}
