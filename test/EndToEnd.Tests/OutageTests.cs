using System.Net;

namespace Wopr.EndToEnd.Tests;

public sealed class OutageTests(ITestOutputHelper output)
{
    private const string FleetToken = "wopr_read_end_to_end";
    private static readonly TimeSpan s_outage = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(5);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_its_database_a_replica_says_so_and_with_it_goes_on()
    {
        await using var cluster = await Cluster.StartAsync();
        await using var stack = await Stack.PrepareAsync(cluster.Source(), replicas: 2,
            ("RATE_LIMIT_FACTOR", "100000"), ("FLEET_TOKEN_ACME", $"read:{FleetToken}"));
        await stack.RunAsync("migrate");
        await stack.StartAllAsync();
        using var ann = await new Caller(stack.AddressOf(0)).SignUpAsync("ann@example.com");
        await using var load = await Load.StartAsync(stack.AddressOf(0), stack.AddressOf(1));
        await Task.Delay(1000, Ct);

        await cluster.StopAsync();
        var stopped = load.Now;
        await NotReadyAsync(stack);
        await Task.Delay(s_outage, Ct);
        await NotReadyAsync(stack);
        // Known without asking, so that the procedure itself is what finds no database.
        using (var fleet = new Caller(stack.AddressOf(0)) { Bearer = FleetToken })
        {
            var refused = await fleet.GetAsync("/trpc/billing.creditsBalance");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "database.unavailable"),
                (refused.Status, refused.Text("error", "data", "problem")));
        }
        using (var proxied = ann.At(stack.Address))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await proxied.GetAsync("/api/auth/get-session")).Status);
        }
        var starting = load.Now;
        await cluster.StartAgainAsync();
        await stack.ReadyAsync(0);
        await stack.ReadyAsync(1);
        var recovered = load.Now;
        await Task.Delay(2000, Ct);
        await load.StopAsync();
        output.WriteLine($"{load.Told("outage")}; ready {(recovered - starting).TotalSeconds:0.0} s after the start began");

        Assert.DoesNotContain(load.Failed, done => done.Status != HttpStatusCode.ServiceUnavailable
            || !done.Told.Contains("database.unavailable", StringComparison.Ordinal));
        Assert.DoesNotContain(load.Done, done => done.Took > s_connectMax);
        Assert.DoesNotContain(load.Done, done => done.IsGood && done.Began > stopped + TimeSpan.FromSeconds(1) && done.Began < starting);
        Assert.DoesNotContain(load.Failed, done => done.Began > recovered);
        Assert.Contains(load.Done, done => done is { IsGood: true, Name: not null } && done.Began > recovered);
        stack.Owner.Clear();
        await load.CheckWritesAsync(stack);
        Assert.True(await ann.IsSignedInAsync());
        Assert.True(stack.Replica(0).IsRunning && stack.Replica(1).IsRunning);
    }

    private static async Task NotReadyAsync(Stack stack)
    {
        for (var index = 0; index < 2; index++)
        {
            using var caller = new Caller(stack.AddressOf(index));
            await Stack.UntilAsync(async () => (await caller.GetAsync("/health/ready")).Code == "ready.database",
                () => stack.Replica(index).Output);
            Assert.Equal("""{"status":"ok","service":"wopr-platform"}""", (await caller.GetAsync("/health")).Raw);
        }
    }
}
