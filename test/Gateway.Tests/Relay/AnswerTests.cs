using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Wopr.Gateway.Tests.Relay;

/// <summary>What a caller gets, and what it costs.</summary>
public sealed class AnswerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_in_one_piece_is_charged_by_what_the_provider_counted()
    {
        await using var world = await World.StartAsync();

        var answer = await world.AskAsync("/v1/chat/completions", World.Chat("Hello there"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Ct);
        Assert.Contains("Hello there", body.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString());
        var usage = body.GetProperty("usage");
        var (input, output) = (usage.GetProperty("prompt_tokens").GetInt64(), usage.GetProperty("completion_tokens").GetInt64());
        var wholesale = (input * World.InputPrice) + (output * World.OutputPrice);
        var row = Assert.Single(await world.UsageAsync());
        Assert.Equal(new("one", "test/echo", input, output, wholesale, wholesale * 13 / 10, wholesale * 13 / 10, false), row);
        Assert.Equal(10_000_000_000 - row.Charged, (await world.BalanceAsync()).Nanos);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Callers_learn_how_long_the_ledger_took_only_where_that_is_switched_on(string wanted)
    {
        await using var world = await World.StartAsync(1, 1000, ("GATEWAY_SERVER_TIMING", wanted));

        var answer = await world.AskAsync("/v1/chat/completions", World.Chat("Hello there"));

        answer.Headers.TryGetValues("Server-Timing", out var timing);
        Assert.Equal(wanted == "true" ? 1 : 0, timing?.Count() ?? 0);
        if (timing is not null) { Assert.Matches(@"^start;dur=[0-9.]+, settle;dur=[0-9.]+$", timing.Single()); }
    }

    [Fact]
    public async Task A_stream_comes_as_the_provider_sent_it_without_the_count_nobody_asked_for()
    {
        await using var world = await World.StartAsync();
        await world.BehaveAsync("one", new { chunks = 5 });

        var events = await EventsAsync(await world.AskAsync("/v1/chat/completions", World.Chat("Tell me", stream: true)));

        Assert.Equal("[DONE]", events[^1]);
        Assert.DoesNotContain(events, text => text.Contains("\"choices\":[]", StringComparison.Ordinal));
        var row = Assert.Single(await world.UsageAsync());
        var served = Assert.Single(await world.ServedAsync()).GetProperty("usage");
        Assert.Equal((served.GetProperty("input").GetInt64(), served.GetProperty("output").GetInt64(), false), (row.Input, row.Output, row.IsEstimated));
    }

    [Fact]
    public async Task Without_a_key_nobody_is_asked()
    {
        await using var world = await World.StartAsync();

        var answer = await world.AskAsync("/v1/chat/completions", World.Chat(), secret: "wopr_sk_unknown");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("error");
        Assert.Equal("invalid_api_key", error.GetProperty("code").GetString());
        Assert.Empty(await world.ServedAsync());
    }

    [Fact]
    public async Task An_empty_balance_is_told_what_is_missing_and_where_to_pay()
    {
        await using var world = await World.StartAsync(cents: 0);

        var answer = await world.AskAsync("/v1/chat/completions", World.Chat());

        Assert.Equal(HttpStatusCode.PaymentRequired, answer.StatusCode);
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("error");
        Assert.Equal("insufficient_credits", error.GetProperty("code").GetString());
        Assert.Empty(await world.ServedAsync());
    }

    internal static async Task<List<string>> EventsAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.MediaType);
        var text = Encoding.UTF8.GetString(await answer.Content.ReadAsByteArrayAsync(Ct));
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(block => string.Join('\n', block.Split('\n').Where(line => line.StartsWith("data:", StringComparison.Ordinal)).Select(line => line[5..].TrimStart())))
            .Where(data => data.Length > 0)];
    }
}
