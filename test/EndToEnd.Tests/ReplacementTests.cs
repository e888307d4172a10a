using System.Diagnostics;
using System.Net;

namespace Wopr.EndToEnd.Tests;

public sealed class ReplacementTests(ITestOutputHelper output)
{
    private static readonly (string, string) s_noLimits = ("RATE_LIMIT_FACTOR", "100000");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killing_a_replica_loses_nothing_that_was_answered()
    {
        await using var stack = await Stack.StartAsync(replicas: 2, s_noLimits);
        await using var load = await Load.StartAsync(stack.Address);
        for (var index = 0; index < 2; index++)
        {
            await Task.Delay(Random.Shared.Next(500, 1500), Ct);
            stack.Replica(index).Kill();
            await Task.Delay(Random.Shared.Next(500, 1000), Ct);
            await stack.RestartAsync(index);
            // The proxy looks twice a second, and forgets a failed connection after one.
            await Task.Delay(TimeSpan.FromSeconds(1.5), Ct);
        }
        var recovered = load.Now;
        await Task.Delay(TimeSpan.FromSeconds(2), Ct);
        await load.StopAsync();
        output.WriteLine(load.Told("two kills"));

        await load.CheckWritesAsync(stack);
        Assert.DoesNotContain(load.Failed, done =>
            done.Status is not (null or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable));
        Assert.DoesNotContain(load.Failed, done => done.Began > recovered);
        Assert.Contains(load.Done, done => done is { IsGood: true, Name: not null } && done.Began > recovered);
    }

    [Fact]
    public async Task A_rolling_restart_loses_nothing()
    {
        await using var stack = await Stack.StartAsync(replicas: 2, s_noLimits, ("DRAIN_SECONDS", "2"));
        await using var load = await Load.StartAsync(stack.Address);
        for (var index = 0; index < 2; index++)
        {
            await Task.Delay(500, Ct);
            var leaving = stack.Replica(index);
            var began = Stopwatch.GetTimestamp();
            leaving.Terminate();

            Assert.Equal(0, await leaving.EndsAsync(TimeSpan.FromSeconds(2 + 25), Ct));

            var took = Stopwatch.GetElapsedTime(began);
            output.WriteLine($"replica {index} stopped in {took.TotalSeconds:0.00} s");
            Assert.InRange(took.TotalSeconds, 2, 27);
            Assert.Contains("was told to stop: not ready from now on, closing in 2 s", leaving.Output, StringComparison.Ordinal);
            Assert.EndsWith("wopr-platform stopped", leaving.Output, StringComparison.Ordinal);
            await stack.RestartAsync(index);
            await Task.Delay(TimeSpan.FromSeconds(1.5), Ct);
        }
        await load.StopAsync();
        output.WriteLine(load.Told("rolling restart"));

        Assert.Empty(load.Failed);
        await load.CheckWritesAsync(stack);
    }

    [Fact]
    public async Task A_lone_replica_finishes_what_runs_before_it_stops()
    {
        await using var stack = await Stack.StartAsync(replicas: 1, s_noLimits);
        await using var blocker = await stack.Owner.OpenConnectionAsync(Ct);
        await using var transaction = await blocker.BeginTransactionAsync(Ct);
        await using (var hold = blocker.CreateCommand())
        {
            hold.CommandText = "lock table auth.user in access exclusive mode";
            await hold.ExecuteNonQueryAsync(Ct);
        }
        // A slow hash each, and then nobody gets past the lock.
        var callers = Enumerable.Range(0, 4).Select(_ => new Caller(stack.AddressOf(0))).ToList();
        var signUps = callers.Select((caller, index) => caller.SignUpAsync($"late{index}@example.com")).ToList();
        await Stack.UntilAsync(async () => await WaitingAsync(stack) == "4", () => "The requests do not arrive.");

        stack.Replica(0).Terminate();
        await Stack.UntilAsync(() => Task.FromResult(stack.Replica(0).Output.Contains("was told to stop", StringComparison.Ordinal)),
            () => stack.Replica(0).Output);
        await Task.Delay(500, Ct);
        Assert.True(stack.Replica(0).IsRunning);
        await transaction.CommitAsync(Ct);

        await Task.WhenAll(signUps);
        Assert.Equal(0, await stack.Replica(0).EndsAsync(TimeSpan.FromSeconds(25), Ct));
        Assert.EndsWith("wopr-platform stopped", stack.Replica(0).Output, StringComparison.Ordinal);
        Assert.Equal(["4"], await stack.ReadAsync("select count(*)::text from auth.credential"));
        callers.ForEach(caller => caller.Dispose());
    }

    private static async Task<string> WaitingAsync(Stack stack) => (await stack.ReadAsync("""
        select count(*)::text from pg_stat_activity
        where datname = current_database() and usename = 'wopr_end_to_end' and wait_event_type = 'Lock'
        """)).Single();
}
