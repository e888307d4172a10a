using System.Net;
using System.Text;
using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Relay;

/// <summary>Wherever an answer is broken off, what is charged is what the provider wrote down that it served.</summary>
public sealed class SettlementSweepTests
{
    private const int Chunks = 12;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v1/chat/completions", "openai")]
    [InlineData("/v1/messages", "anthropic")]
    [InlineData("/v1/messages", "openai")]
    [InlineData("/v1/chat/completions", "anthropic")]
    public async Task A_caller_that_leaves_at_any_event_pays_what_was_served_when_the_provider_is_drained(string path, string dialect)
    {
        await using var world = await World.StartAsync(replicas: 2);
        await world.ProviderAsync("two", dialect);
        await world.ModelAsync("test/two", "two");
        await world.BehaveAsync("two", new { chunks = Chunks, words = Chunks, pace = 3, key = "none" });

        for (var frame = 0; frame <= Chunks + 2; frame++)
        {
            await LeaveAfterAsync(world, path, "test/two", frame, replica: frame % 2);
        }

        var rows = await world.SettledAsync();
        var served = await world.ServedAsync();
        Assert.Equal(Chunks + 3, served.Length);
        Assert.Equal(served.Select(Used).Order(), rows.Select(row => (row.Input, row.Output)).Order());
        Assert.All(rows, row => Assert.False(row.IsEstimated));
        Assert.Equal(10_000_000_000 - rows.Sum(row => row.Charged), (await world.BalanceAsync()).Nanos);
        Assert.All(rows, row => Assert.Equal(row.Price, row.Charged));
    }

    [Fact]
    public async Task A_caller_that_leaves_pays_an_estimate_when_the_provider_is_told_to_stop()
    {
        await using var world = await World.StartAsync();
        await world.ProviderAsync("two", "openai", onDisconnect: "cancel");
        await world.ModelAsync("test/two", "two");
        await world.BehaveAsync("two", new { chunks = Chunks, words = Chunks, pace = 30 });

        for (var frame = 0; frame < Chunks - 2; frame += 2) { await LeaveAfterAsync(world, "/v1/chat/completions", "test/two", frame); }

        var rows = await world.SettledAsync();
        var served = await world.ServedAsync();
        Assert.Equal(served.Length, rows.Count);
        Assert.All(rows, row => Assert.True(row.IsEstimated && row.Charged > 0));
        // Nobody is charged for more than a whole answer, and some answers were stopped.
        Assert.All(rows, row => Assert.True(row.Output <= 60));
        Assert.Contains(served, one => one.GetProperty("end").GetString() == "client_left");
    }

    [Theory]
    [InlineData("openai", "reset")]
    [InlineData("openai", "cut")]
    [InlineData("openai", "end")]
    [InlineData("anthropic", "reset")]
    [InlineData("anthropic", "error")]
    public async Task A_provider_that_breaks_off_at_any_event_is_charged_up_to_there_and_told_of_once(string dialect, string fault)
    {
        await using var world = await World.StartAsync();
        await world.ProviderAsync("two", dialect, idleMs: 500);
        for (var frame = 0; frame < Chunks; frame++)
        {
            var model = $"test/at{frame}";
            await world.ModelAsync(model, "two");
            await world.Db.ExecuteAsync($"update gateway.offer set upstream_model = {$"sandbox/echo?chunks={Chunks}&words={Chunks}&fault={fault}:{frame}"} where model = {model}", Ct);
        }
        await Task.Delay(300, Ct);
        for (var frame = 0; frame < Chunks; frame++)
        {
            // So that no circuit opens: each is a model of its own.
            var answer = await world.AskAsync("/v1/chat/completions", World.Chat("Hello", stream: true, model: $"test/at{frame}"));
            var text = await answer.Content.ReadAsStringAsync(Ct);
            var hadText = text.Contains("\"content\":\"", StringComparison.Ordinal) || text.Contains("chat.completion.chunk", StringComparison.Ordinal);
            var errors = text.Split("\"code\":\"upstream_error\"").Length - 1;
            var rows = (await world.SettledAsync()).Where(row => row.Model == $"test/at{frame}").ToList();
            Assert.True(rows.Count == (answer.StatusCode == HttpStatusCode.OK ? 1 : 0), $"{frame}: {answer.StatusCode} {text}");
            if (text.Contains("[DONE]", StringComparison.Ordinal))
            {
                Assert.Equal(0, errors);
                continue;
            }
            Assert.Equal(1, errors);
            Assert.Equal(hadText, answer.StatusCode == HttpStatusCode.OK);
            Assert.All(rows, row => Assert.True(row.IsEstimated && row.Charged > 0));
        }
    }

    [Theory]
    [InlineData("split")]
    [InlineData("drip")]
    [InlineData("crlf")]
    [InlineData("multiline")]
    [InlineData("comments")]
    [InlineData("usage-late")]
    [InlineData("usage-finish")]
    [InlineData("usage-every")]
    public async Task However_the_count_is_written_it_is_read(string fault)
    {
        await using var world = await World.StartAsync();
        await world.BehaveAsync("one", new { chunks = 6, fault });
        foreach (var isStream in (bool[])[true, false])
        {
            var answer = await world.AskAsync("/v1/chat/completions", World.Chat("How are you", stream: isStream));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await answer.Content.ReadAsByteArrayAsync(Ct);
        }
        var rows = await world.SettledAsync();
        Assert.Equal((await world.ServedAsync()).Select(Used), rows.Select(row => (row.Input, row.Output)));
        Assert.All(rows, row => Assert.False(row.IsEstimated));
    }

    [Theory]
    [InlineData("no-usage")]
    [InlineData("wrong-usage:string")]
    [InlineData("wrong-usage:negative")]
    [InlineData("wrong-usage:huge")]
    [InlineData("wrong-usage:overflow")]
    [InlineData("wrong-usage:null")]
    [InlineData("wrong-usage:float")]
    [InlineData("wrong-usage:object")]
    public async Task A_count_that_is_missing_or_absurd_is_estimated_and_marked(string fault)
    {
        await using var world = await World.StartAsync();
        await world.BehaveAsync("one", new { chunks = 6, words = 30, fault });
        foreach (var isStream in (bool[])[true, false])
        {
            var answer = await world.AskAsync("/v1/chat/completions", World.Chat("How are you", stream: isStream));
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            await answer.Content.ReadAsByteArrayAsync(Ct);
        }
        var rows = await world.SettledAsync();
        Assert.Equal(2, rows.Count);
        foreach (var (row, served) in rows.Zip(await world.ServedAsync()))
        {
            Assert.True(row.IsEstimated);
            // The sandbox counts four bytes a token too.
            Assert.InRange(row.Output, Used(served).Output * 0.8, (Used(served).Output * 1.2) + 2);
        }
    }

    [Fact]
    public async Task Of_many_at_once_exactly_those_pass_that_the_money_allows()
    {
        await using var world = await World.StartAsync(replicas: 2, cents: 1000);
        await world.BehaveAsync("one", new { delay = 3000 });
        using var first = new CancellationTokenSource();
        var running = world.AskAsync("/v1/chat/completions", World.Chat(max: 500), ct: first.Token);
        long hold;
        while ((hold = await world.Db.ValueAsync<long>($"select coalesce(max(hold_nanos), 0)::bigint from credits.start", Ct)) == 0) { await Task.Delay(20, Ct); }
        await running;
        await world.SettledAsync();
        await world.BehaveAsync("one", new { delay = 4000 });
        var secret = await PoorAsync(world, new(hold * 50));

        var answers = await Task.WhenAll(Enumerable.Range(0, 200).Select(async turn =>
        {
            using var answer = await world.AskAsync("/v1/chat/completions", World.Chat(max: 500), secret, replica: turn % 2);
            return answer.StatusCode;
        }));

        Assert.Equal(50, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(150, answers.Count(status => status == HttpStatusCode.PaymentRequired));
        Assert.Equal(51, (await world.SettledAsync()).Count);
    }

    [Fact]
    public async Task A_request_without_a_limit_gets_as_much_as_the_money_affords()
    {
        await using var world = await World.StartAsync(cents: 0);
        // About a hundred tokens.
        await world.CreditAsync(new(100 * World.OutputPrice * 13 / 10 + 100_000));
        await world.BehaveAsync("one", new { words = 2000 });

        var answer = await world.AskAsync("/v1/chat/completions", new { model = "test/echo", messages = new[] { new { role = "user", content = "Write a lot" } } });

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(Ct)).RootElement;
        Assert.Equal("length", body.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        var row = Assert.Single(await world.SettledAsync());
        Assert.InRange(row.Output, 16, 130);
        Assert.Equal(row.Price, row.Charged);
        Assert.True((await world.BalanceAsync()).Nanos >= 0);
    }

    /// <summary>Leaves the tenant with just so much.</summary>
    private static async Task<string> PoorAsync(World world, Money money)
    {
        var rest = (await world.BalanceAsync()) - money;
        await world.ChargeAsync(rest);
        return world.Secret;
    }

    private static (long Input, long Output) Used(JsonElement served) =>
        (served.GetProperty("usage").GetProperty("input").GetInt64(), served.GetProperty("usage").GetProperty("output").GetInt64());

    private static async Task LeaveAfterAsync(World world, string path, string model, int events, int replica = 0)
    {
        using var leave = new CancellationTokenSource();
        using var answer = await world.AskAsync(path, World.Chat("Tell me more", stream: true, model: model), replica: replica, ct: leave.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await using var stream = await answer.Content.ReadAsStreamAsync(Ct);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        for (var seen = 0; seen < events && await reader.ReadLineAsync(Ct) is { } line;)
        {
            if (line.Length == 0) { seen++; }
        }
        await leave.CancelAsync();
    }
}
