namespace Wopr.EndToEnd.Tests;

/// <summary>What befalls a stack under load.</summary>
internal static class Disturbance
{
    private static readonly TimeSpan s_settleMax = TimeSpan.FromMinutes(2);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The database is gone for a moment, and with it whatever was not committed.</summary>
    public static async Task BreakDatabaseAsync(Cluster cluster, Stack stack)
    {
        await Task.Delay(Random.Shared.Next(1500, 3000), Ct);
        await cluster.StopAsync();
        await Task.Delay(500, Ct);
        await cluster.StartAgainAsync();
        stack.Owner.Clear();
    }

    /// <summary>One of two replicas at a time, and each comes back.</summary>
    /// <returns>When each was dead.</returns>
    public static async Task<IReadOnlyList<DateTimeOffset>> KillReplicasAsync(Stack stack, int kills)
    {
        List<DateTimeOffset> times = [];
        for (var kill = 0; kill < kills; kill++)
        {
            await Task.Delay(Random.Shared.Next(1000, 2500), Ct);
            stack.Replica(kill % 2).Kill();
            times.Add(TimeProvider.System.GetUtcNow());
            await stack.RestartAsync(kill % 2);
        }
        return times;
    }

    /// <summary>Until the living have ended what is theirs, and what is left of the dead.</summary>
    public static async Task SettledAsync(Stack stack)
    {
        var until = TimeProvider.System.GetUtcNow() + s_settleMax;
        while (await stack.ReadAsync("select request_id::text from credits.start limit 1") is not [])
        {
            Assert.True(TimeProvider.System.GetUtcNow() < until, "Requests of dead processes are still open after two minutes.");
            await Task.Delay(1000, Ct);
        }
    }
}
