using System.Net;
using Wopr.Testing;

namespace Wopr.EndToEnd.Tests;

/// <summary>
/// A build differs from the next one, as far as the database is concerned, by the steps it brings: here the next one's
/// step is run by hand and written into the history as migrate would.
/// </summary>
public sealed class VersionTests(ITestOutputHelper output)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_previous_build_and_the_next_work_on_one_database()
    {
        await using var stack = await Stack.StartAsync(replicas: 2, ("RATE_LIMIT_FACTOR", "100000"), ("DRAIN_SECONDS", "2"));
        await using var load = await Load.StartAsync(stack.Address);
        await Task.Delay(500, Ct);

        // One by one: two tables locked at once could wait for a request that holds them the other way round.
        foreach (var step in (string[])
        [
            "alter table auth.user add column nickname text",
            "alter table auth.api_token add column used_count bigint not null default 0",
            "create table auth.next_thing (id text primary key, user_id text references auth.user (id) on delete cascade)",
            "insert into public.schema_history (module, number, name, checksum) values ('auth', 9001, 'next_thing', 'of the next build')",
        ])
        {
            await stack.ExecuteAsync(step);
        }
        await SaysItIsAheadAsync(stack, 0);
        await SaysItIsAheadAsync(stack, 1);

        // The next build takes the first one's place, and the previous one is started once more beside it.
        stack.Replica(0).Terminate();
        Assert.Equal(0, await stack.Replica(0).EndsAsync(TimeSpan.FromSeconds(27), Ct));
        await stack.RestartAsync(0);
        await SaysItIsAheadAsync(stack, 0);
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        await load.StopAsync();
        output.WriteLine(load.Told("a database that is ahead"));

        Assert.Empty(load.Failed);
        await load.CheckWritesAsync(stack);
        Assert.Contains("Nothing is pending.", await stack.RunAsync("migrate", "--plan"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_build_whose_steps_are_pending_gets_no_traffic_and_names_them()
    {
        await using var stack = await Stack.PrepareAsync(await TestPostgres.EmptyAsync(Ct), replicas: 2);
        await stack.RunAsync("migrate", "--to", "auth/0005");
        var next = stack.Start(0);
        using var caller = new Caller(stack.AddressOf(0));
        await Stack.UntilAsync(async () => (await caller.GetAsync("/health")).IsGood, () => next.Output);

        var ready = await caller.GetAsync("/health/ready");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "ready.migrations_pending"), (ready.Status, ready.Code));
        Assert.Contains("auth/0006_deletion", ready.Text("error"), StringComparison.Ordinal);
        Assert.Contains("auth/0006_deletion", next.Output, StringComparison.Ordinal);

        await stack.RunAsync("migrate");
        await stack.ReadyAsync(0);
        Assert.True(next.IsRunning);
    }

    private static async Task SaysItIsAheadAsync(Stack stack, int index)
    {
        await Stack.UntilAsync(() => Task.FromResult(stack.Replica(index).Output.Contains(
            "The database is ahead of this build by 1 migrations (auth/9001_next_thing)", StringComparison.Ordinal)),
            () => stack.Replica(index).Output);
        await stack.ReadyAsync(index);
    }
}
