namespace Wopr.EndToEnd.Tests;

/// <summary>Money under kill -9: what a caller was told stands in the books, once, and the books agree.</summary>
public sealed class MeteringCrashTests(ITestOutputHelper output)
{
    private const int PlatformKills = 10;
    private const int DatabaseKills = 2;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killing_the_platform_and_its_database_under_load_leaves_the_books_exact()
    {
        var told = Path.GetTempFileName();
        await using var cluster = await Cluster.StartAsync();
        await using var stack = await Stack.PrepareAsync(cluster.Source(), replicas: 2,
            ("DOTNET_STARTUP_HOOKS", Hook()), ("LEDGER_LOAD_FILE", told), ("LEDGER_LOAD_RATE", "250"));
        await stack.RunAsync("migrate");
        await stack.StartAllAsync();

        for (var kill = 0; kill < DatabaseKills; kill++) { await Disturbance.BreakDatabaseAsync(cluster, stack); }
        await Disturbance.KillReplicasAsync(stack, PlatformKills);
        await Task.Delay(2000, Ct);
        for (var index = 0; index < 2; index++)
        {
            stack.Replica(index).Terminate();
            Assert.Equal(0, await stack.Replica(index).EndsAsync(TimeSpan.FromSeconds(30), Ct));
        }

        // One more, without load, settles what the dead left.
        stack.Start(0, ("DOTNET_STARTUP_HOOKS", ""));
        await stack.ReadyAsync(0);
        await Disturbance.SettledAsync(stack);

        Assert.Contains("0 differences", await stack.RunAsync("credits", "reconcile"), StringComparison.Ordinal);
        await CheckToldAsync(stack, await File.ReadAllLinesAsync(told, Ct));
    }

    /// <summary>Built beside this one.</summary>
    private static string Hook()
    {
        var own = AppContext.BaseDirectory.TrimEnd('/');
        return Path.GetFullPath(Path.Combine(own, "..", "..", "LedgerLoad", Path.GetFileName(own), "Wopr.LedgerLoad.dll"));
    }

    private async Task CheckToldAsync(Stack stack, string[] lines)
    {
        var used = (await stack.ReadAsync("select request_id || ' ' || charged_nanos || ' ' || estimated from credits.usage"))
            .Select(row => row.Split(' ')).ToDictionary(row => row[0], row => (Charged: row[1], IsEstimated: row[2]));
        // Of a process that was killed, the last line may be cut off and run into somebody else's.
        var settled = lines.Select(line => line.Split(' ')).Where(words => words is ["settled", _, var id, _] && Guid.TryParse(id, out Guid _)).ToList();
        var voided = lines.Select(line => line.Split(' ')).Where(words => words is ["voided", _, _]).ToList();
        output.WriteLine(string.Join(", ", lines.CountBy(line => line.Split(' ')[0]).Select(told => $"{told.Value} {told.Key}")));
        output.WriteLine($"{used.Count} usage rows, {used.Values.Count(row => row.IsEstimated == "true")} of them estimated");

        Assert.True(settled.Count > 3000, "The load did not run.");
        Assert.All(settled, words => Assert.Equal(words[3], used.TryGetValue(words[2], out var row) ? row.Charged : "not charged"));
        Assert.All(voided, words => Assert.False(used.ContainsKey(words[2])));
    }
}
