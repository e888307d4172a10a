using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Relay;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Relay;

/// <summary>Callers that leave, replicas that leave, and keys that are taken away, while answers run.</summary>
public sealed class DepartureTests
{
    private static readonly object s_slow = new { chunks = 40, words = 40, pace = 50, key = "none" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Answers_left_behind_beyond_the_bound_are_cut_off_and_estimated()
    {
        await using var world = await World.StartAsync(settings: ("GATEWAY_DRAINS_MAX", "1"));
        await world.BehaveAsync("one", s_slow);
        var drains = world.Services.GetRequiredService<Drains>();
        using var first = await Begun.BeginAsync(world);
        using var second = await Begun.BeginAsync(world);

        first.Leave();
        await UntilAsync(() => drains.Running == 1);
        second.Leave();

        // The one that is cut off ends long before the one that is read on.
        await UntilAsync(() => world.Services.GetRequiredService<LiveRequests>().Count == 1);
        var cut = Assert.Single(await world.UsageAsync());
        Assert.True(cut.IsEstimated && cut.Charged > 0);
        var rows = await world.SettledAsync();
        Assert.Equal([true, false], rows.Select(row => row.IsEstimated));
        var served = await world.ServedAsync();
        Assert.Equal(["complete", "client_left"], served.Select(one => one.GetProperty("end").GetString()));
        Assert.Equal(Output(served[0]), rows[1].Output);
        Assert.True(cut.Output < Output(served[0]));

        // The place is free again.
        await UntilAsync(() => drains.Running == 0);
        using var third = await Begun.BeginAsync(world);
        third.Leave();
        Assert.False((await world.SettledAsync())[2].IsEstimated);
    }

    [Fact]
    public async Task Who_leaves_before_the_provider_was_reached_pays_nothing()
    {
        await using var world = await World.StartAsync();
        // Nobody takes its connections, and those that wait to be taken are as many as may wait.
        using var deaf = new TcpListener(IPAddress.Loopback, 0);
        deaf.Start(1);
        var port = ((IPEndPoint)deaf.LocalEndpoint).Port;
        List<TcpClient> waiting = [];
        for (var count = 0; count < 4; count++)
        {
            waiting.Add(new());
            _ = waiting[^1].ConnectAsync(IPAddress.Loopback, port, Ct).AsTask().ContinueWith(static done => done.Exception, TaskScheduler.Default);
        }
        await world.ProviderAsync("deaf", "openai", onDisconnect: "cancel", url: $"http://127.0.0.1:{port}");
        await world.Db.ExecuteAsync($"update gateway.provider set connect_ms = 60000, first_byte_ms = 60000 where id = 'deaf'", Ct);
        await world.ModelAsync("test/deaf", "deaf");
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(Ct);

        var answer = world.AskAsync("/v1/chat/completions", World.Chat(model: "test/deaf"), ct: leave.Token);
        while (await world.Db.ValueAsync<long>($"select count(*) from credits.start", Ct) == 0) { await Task.Delay(20, Ct); }
        await Task.Delay(200, Ct);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answer);

        Assert.Empty(await world.SettledAsync());
        foreach (var each in waiting) { each.Dispose(); }
    }

    [Fact]
    public async Task A_replica_that_is_told_to_stop_ends_the_answers_that_run_and_those_left_behind()
    {
        await using var world = await World.StartAsync();
        await world.BehaveAsync("one", s_slow);
        using var stays = await Begun.BeginAsync(world);
        using var leaves = await Begun.BeginAsync(world);
        leaves.Leave();
        await UntilAsync(() => world.Services.GetRequiredService<Drains>().Running == 1);

        var stopped = world.Services.GetRequiredService<IHost>().StopAsync(Ct);
        var text = await stays.RestAsync();
        await stopped;

        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
        Assert.Contains("word40", text, StringComparison.Ordinal);
        var served = await world.ServedAsync();
        Assert.All(served, one => Assert.Equal("complete", one.GetProperty("end").GetString()));
        var rows = await world.SettledAsync();
        Assert.Equal(served.Select(Output), rows.Select(row => row.Output));
        Assert.All(rows, row => Assert.False(row.IsEstimated));
    }

    [Fact]
    public async Task What_runs_while_the_process_stops_is_watched_to_its_end()
    {
        await using var world = await World.StartAsync(settings: ("GATEWAY_KEEP_ALIVE_SECONDS", "1"));
        await world.BehaveAsync("one", new { delay = 3000 });
        await world.Services.GetRequiredService<LiveRequests>().StopAsync(Ct);

        var text = await (await world.AskAsync("/v1/chat/completions", World.Chat(stream: true))).Content.ReadAsStringAsync(Ct);

        Assert.StartsWith(": waiting", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_taken_away_opens_neither_replica_a_second_later()
    {
        await using var world = await World.StartAsync(replicas: 2);
        for (var replica = 0; replica < 2; replica++)
        {
            using var answer = await world.AskAsync("/v1/chat/completions", World.Chat(), replica: replica);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
        var actor = new Actor(ActorKind.User, world.Tenant) { TenantId = world.Tenant, UserId = world.Tenant, Role = Role.Owner, Scope = Scope.Write };
        var keys = world.Services.GetRequiredService<GatewayKeys>();
        var key = Assert.Single(await keys.ListAsync(actor, Ct));

        Assert.Null((await keys.RevokeAsync(actor, key.Id, Ct)).Problem);
        var since = Stopwatch.GetTimestamp();

        for (var replica = 0; replica < 2; replica++)
        {
            while (await StatusAsync(replica) != HttpStatusCode.Unauthorized)
            {
                Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(10), $"Replica {replica} still takes it.");
            }
        }

        async Task<HttpStatusCode> StatusAsync(int replica)
        {
            using var answer = await world.AskAsync("/v1/chat/completions", World.Chat(), replica: replica);
            return answer.StatusCode;
        }
    }

    private static long Output(JsonElement served) => served.GetProperty("usage").GetProperty("output").GetInt64();

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (var tries = 0; !holds(); tries++)
        {
            Assert.True(tries < 1000, "It never came to that.");
            await Task.Delay(10, Ct);
        }
    }

    /// <summary>A stream of which something has come.</summary>
    private sealed class Begun : IDisposable
    {
        private readonly HttpResponseMessage _answer;
        private readonly StreamReader _reader;

        private Begun(HttpResponseMessage answer, Stream stream) => (_answer, _reader) = (answer, new(stream, Encoding.UTF8));

        public static async Task<Begun> BeginAsync(World world)
        {
            var answer = await world.AskAsync("/v1/chat/completions", World.Chat("Tell me more", stream: true));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Begun begun = new(answer, await answer.Content.ReadAsStreamAsync(Ct));
            await begun._reader.ReadLineAsync(Ct);
            return begun;
        }

        public void Leave() => Dispose();

        public Task<string> RestAsync() => _reader.ReadToEndAsync(Ct);

        public void Dispose()
        {
            _reader.Dispose();
            _answer.Dispose();
        }
    }
}
