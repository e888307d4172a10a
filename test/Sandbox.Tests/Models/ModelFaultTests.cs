using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests.Models;

/// <summary>Everything that can go wrong with a provider, as the network sees it.</summary>
public sealed class ModelFaultTests
{
    public static TheoryData<string> Streams =>
        [TestModels.Chat, TestModels.Completions, TestModels.Responses, TestModels.Messages];

    // After so long nothing more comes, also on a busy machine.
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(3);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TestModels.Chat, 429, "rate_limit_error")]
    [InlineData(TestModels.Chat, 503, "server_error")]
    [InlineData(TestModels.Chat, 401, "invalid_request_error")]
    [InlineData(TestModels.Messages, 429, "rate_limit_error")]
    [InlineData(TestModels.Messages, 500, "api_error")]
    [InlineData(TestModels.Messages, 529, "overloaded_error")]
    [InlineData(TestModels.Messages, 401, "authentication_error")]
    public async Task A_status_is_answered_in_the_providers_own_shape(string path, int status, string type)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var raw = await models.StreamAsync(path, $"m?fault={status}:7");

        Assert.StartsWith($"HTTP/1.1 {status} ", raw.Head, StringComparison.Ordinal);
        Assert.Equal(status is 429 or 503 or 529, raw.Head.Contains("Retry-After: 7", StringComparison.Ordinal));
        Assert.Equal(type, JsonElement.Parse(raw.Body).GetProperty("error").GetProperty("type").GetString());
        var served = await models.LastAsync();
        Assert.Equal((status, "refused"),
            (served.GetProperty("status").GetInt32(), served.GetProperty("end").GetString()));
        Assert.Equal(0, served.GetProperty("usage").GetProperty("input").GetInt64());
    }

    [Fact]
    public async Task A_page_and_an_empty_answer_come_instead_of_json()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var page = await models.StreamAsync(TestModels.Chat, "m?fault=html");
        var empty = await models.StreamAsync(TestModels.Chat, "m?fault=empty");

        Assert.StartsWith("HTTP/1.1 502 ", page.Head, StringComparison.Ordinal);
        Assert.StartsWith("<html>", page.Body, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200 ", empty.Head, StringComparison.Ordinal);
        Assert.Equal("", empty.Body);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_reset_comes_before_the_headers_after_so_many_events_or_inside_of_one(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var early = await models.StreamAsync(path, "m?fault=reset");
        Assert.Equal(("", Ending.Reset), (early.Head, early.Ending));
        var bare = await models.StreamAsync(path, "m?fault=reset:0");
        Assert.Equal((Ending.Reset, ""), (bare.Ending, bare.Body));
        Assert.StartsWith("HTTP/1.1 200 ", bare.Head, StringComparison.Ordinal);

        var whole = await models.StreamAsync(path, "m");
        for (var events = 1; events < whole.Events.Length; events++)
        {
            var reset = await models.StreamAsync(path, $"m?fault=reset:{events}");
            Assert.Equal((events, "", Ending.Reset), (reset.Events.Length, reset.Rest, reset.Ending));
            var served = await models.LastAsync();
            Assert.Equal((events, "reset"),
                (served.GetProperty("events").GetInt32(), served.GetProperty("end").GetString()));

            var cut = await models.StreamAsync(path, $"m?fault=cut:{events}");
            Assert.Equal((events, Ending.Reset), (cut.Events.Length, cut.Ending));
            Assert.NotEmpty(cut.Rest);
            Assert.InRange(cut.Rest.Length, 1, whole.Events[events].Length - 1);
        }
        Assert.Equal(Ending.Whole, whole.Ending);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stall_leaves_the_caller_waiting(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var early = await models.StreamAsync(path, "m?fault=stall", s_silence);
        var later = await models.StreamAsync(path, "m?fault=stall:2", s_silence);
        var short_ = await models.StreamAsync(path, "m?fault=stall:2:50");

        Assert.Equal(("", Ending.Silent), (early.Head, early.Ending));
        Assert.Equal((2, Ending.Silent), (later.Events.Length, later.Ending));
        Assert.Equal(Ending.Whole, short_.Ending);
        var record = await models.RecordAsync();
        while (record.GetProperty("open").GetInt32() > 0)
        {
            await Task.Delay(10, Ct);
            record = await models.RecordAsync();
        }
        Assert.Equal(["client_left", "client_left", "complete"],
            record.GetProperty("requests").EnumerateArray().Select(served => served.GetProperty("end").GetString()));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_ends_too_early_or_with_an_error_inside(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var ended = await models.StreamAsync(path, "m?fault=end:3");
        var error = await models.StreamAsync(path, "m?fault=error:3");

        Assert.Equal((3, Ending.Whole), (ended.Events.Length, ended.Ending));
        Assert.Equal((4, Ending.Whole), (error.Events.Length, error.Ending));
        Assert.Contains("Overloaded", error.Events[3], StringComparison.Ordinal);
        Assert.Equal("ended", (await models.LastAsync()).GetProperty("end").GetString());
    }

    [Fact]
    public async Task A_whole_answer_is_broken_off_stalled_or_unreadable_too()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        Task<RawAnswer> AskAsync(string fault, TimeSpan? patience = null) =>
            models.RawAsync(TestModels.Chat, TestModels.Ask(TestModels.Chat, $"m?fault={fault}", false), patience);

        var reset = await AskAsync("reset:10");
        var stalled = await AskAsync("stall:10", s_silence);
        var waited = await AskAsync("stall:10:50");
        var bad = await AskAsync("bad-json");
        var split = await AskAsync("split:20");

        Assert.Equal((10, Ending.Reset), (reset.Body.Length, reset.Ending));
        Assert.Equal((10, Ending.Silent), (stalled.Body.Length, stalled.Ending));
        Assert.Equal("chat.completion", JsonElement.Parse(waited.Body).GetProperty("object").GetString());
        Assert.Equal(Ending.Whole, bad.Ending);
        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(bad.Body));
        Assert.Equal("chat.completion", JsonElement.Parse(split.Body).GetProperty("object").GetString());
    }

    [Theory]
    [InlineData("first=2", "429 429 200 200 200")]
    [InlineData("after=1&first=2", "200 429 429 200 200")]
    [InlineData("probability=0.5&seed=3", null)]
    [InlineData("probability=0", "200 200 200 200 200")]
    public async Task Which_requests_fail_can_be_said_and_comes_out_the_same_again(string words, string? expected)
    {
        var first = await StatusesAsync(words);
        var again = await StatusesAsync(words);

        Assert.Equal(first, again);
        if (expected is not null) { Assert.Equal(expected, string.Join(' ', first.Take(5))); }
        else { Assert.Equal([200, 429], first.Distinct().Order()); }
    }

    [Fact]
    public async Task A_place_has_faults_of_its_own_and_a_models_name_says_more()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        async Task<int> StatusAsync(string place, string model) =>
            (await models.AskAsync($"/models/{place}openai/v1/chat/completions", model)).Status;

        await models.ControlAsync(new { place = "a", fault = "503" });
        Assert.Equal(503, await StatusAsync("a/", "m"));
        Assert.Equal(200, await StatusAsync("b/", "m"));
        Assert.Equal(200, await StatusAsync("", "m"));
        Assert.Equal(500, await StatusAsync("a/", "m?fault=500"));
        await models.ControlAsync(new { fault = "429", first = 1 });
        Assert.Equal(503, await StatusAsync("a/", "m"));
        Assert.Equal(429, await StatusAsync("b/", "m"));
        Assert.Equal(200, await StatusAsync("c/", "m"));
        await models.ControlAsync(new { place = "a" });
        Assert.Equal(200, await StatusAsync("a/", "m"));

        Assert.Equal(400, await StatusAsync("", "m?fault=nonsense"));
        Assert.Equal(400, await StatusAsync("", "m?dela=5"));
        using var refused = await sandbox.Http.PostAsync("/models/control",
            new StringContent("""{"fault":"reset:x"}""", null, "application/json"), Ct);
        Assert.Equal(400, (int)refused.StatusCode);
    }

    private static async Task<List<int>> StatusesAsync(string words)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        List<int> statuses = [];
        for (var request = 0; request < 20; request++)
        {
            statuses.Add((await models.AskAsync(TestModels.Chat, $"m?fault=429&{words}")).Status);
        }
        return statuses;
    }
}
