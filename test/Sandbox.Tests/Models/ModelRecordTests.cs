using System.Text;
using System.Text.Json;
using Wopr.Sandbox.Models;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests.Models;

/// <summary>What the record says is what was served.</summary>
public sealed class ModelRecordTests
{
    public static TheoryData<string> Paths =>
        [TestModels.Chat, TestModels.Completions, TestModels.Responses, TestModels.Messages, TestModels.Embeddings];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task What_an_answer_says_it_used_is_in_the_record_as_soon_as_the_answer_is_there(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        const string model = "sandbox/echo?cached=2&cache_write=1&reasoning=5&cost=auto";

        var (_, json) = await models.PostAsync(path, TestModels.Ask(path, model, stream: false), "request-1");

        var record = await models.RecordAsync("?request=request-1");
        var served = Assert.Single(record.GetProperty("requests").EnumerateArray());
        Assert.Equal((path, model, "complete", "exact", 200),
            (Text(served, "path"), Text(served, "model"), Text(served, "end"),
            Text(served, "told"), served.GetProperty("status").GetInt32()));
        var usage = json.GetProperty("usage");
        var (input, output) = InputAndOutput(path, usage);
        var kept = served.GetProperty("usage");
        Assert.Equal((input, output), (Number(kept, "input"), Number(kept, "output")));
        Assert.Equal((2, 1, path == TestModels.Embeddings ? 0 : 5),
            (Number(kept, "cached_input"), Number(kept, "cache_write"), Number(kept, "reasoning")));
        Assert.Equal((input * 1000) + (output * 2000), Number(kept, "cost_nanos"));
        Assert.Equal(Number(kept, "cost_nanos") / 1_000_000_000m, usage.GetProperty("cost").GetDecimal());
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Events_and_bytes_are_those_that_were_sent(string path)
    {
        if (path == TestModels.Embeddings) { return; }
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var stream = await models.RawAsync(path, TestModels.Ask(path, "m", stream: true, "wörld 🌍"));
        var streamed = await models.LastAsync();
        var whole = await models.RawAsync(path, TestModels.Ask(path, "m", stream: false, "wörld 🌍"));
        var answered = await models.LastAsync();

        Assert.Equal((stream.Events.Length, stream.Chunks.Sum()),
            ((int)Number(streamed, "events"), (int)Number(streamed, "bytes")));
        Assert.Equal((0, Encoding.UTF8.GetByteCount(whole.Body)),
            ((int)Number(answered, "events"), (int)Number(answered, "bytes")));
        Assert.Equal(streamed.GetProperty("usage").GetRawText(), answered.GetProperty("usage").GetRawText());
    }

    [Fact]
    public async Task Who_leaves_early_is_seen_to_leave_and_took_what_was_written_by_then()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        using (var leaving = CancellationTokenSource.CreateLinkedTokenSource(Ct))
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, TestModels.Chat)
            {
                Content = new StringContent(TestModels.Ask(TestModels.Chat, "m?chunks=1000&pace=10", stream: true),
                    null, "application/json"),
            };
            request.Headers.Authorization = new("Bearer", "key");
            using var answer = await sandbox.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead,
                leaving.Token);
            await using var body = await answer.Content.ReadAsStreamAsync(Ct);
            await body.ReadExactlyAsync(new byte[1000], Ct);
        }

        var served = await models.LastAsync();

        Assert.Equal(("client_left", "none"), (Text(served, "end"), Text(served, "told")));
        Assert.InRange(Number(served, "events"), 3, 900);
        Assert.InRange(Number(served.GetProperty("usage"), "output"), 1, 240);
    }

    [Fact]
    public async Task Who_hangs_up_with_the_last_byte_in_hand_was_there_until_the_end()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        for (var request = 0; request < 60; request++)
        {
            await models.RawAsync(TestModels.Chat, TestModels.Ask(TestModels.Chat, "m", stream: request % 2 == 0));
        }

        await models.LastAsync();
        Assert.Equal(["complete"], (await models.RecordAsync()).GetProperty("requests").EnumerateArray()
            .Select(served => Text(served, "end")).Distinct());
    }

    [Fact]
    public async Task The_totals_of_a_model_are_the_sum_of_its_requests_and_can_be_forgotten()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        await Task.WhenAll(Enumerable.Range(0, 200).Select(number => models.PostAsync(TestModels.Chat, number % 10 == 0
            ? TestModels.Ask(TestModels.Chat, "a?fault=500", stream: false)
            : TestModels.Ask(TestModels.Chat, number % 2 == 0 ? "a?cached=1" : "b", stream: false,
            new string('x', number)))));

        var record = await models.RecordAsync();
        foreach (var model in (string[])["a", "b"])
        {
            var (total, served) = (record.GetProperty("totals").GetProperty(model),
                (await models.RecordAsync($"?model={model}")).GetProperty("requests").EnumerateArray().ToList());
            Assert.Equal(100, served.Count);
            Assert.Equal((100, model == "a" ? 80 : 100), (Number(total, "requests"), Number(total, "complete")));
            foreach (var name in (string[])["input", "cached_input", "output"])
            {
                Assert.Equal(served.Sum(each => Number(each.GetProperty("usage"), name)), Number(total, name));
            }
        }
        Assert.Equal(Enumerable.Range(1, 200),
            record.GetProperty("requests").EnumerateArray().Select(each => (int)Number(each, "number")));
        using var _ = await sandbox.Http.DeleteAsync("/models/record", Ct);
        Assert.Equal((0, 0),
            (Number(await models.RecordAsync(), "served"),
            (await models.RecordAsync()).GetProperty("requests").GetArrayLength()));
        await models.AskAsync(TestModels.Chat, "m");
        Assert.Equal(201, Number(await models.LastAsync(), "number"));
    }

    [Fact]
    public void It_keeps_a_hundred_thousand_requests_and_the_totals_of_all()
    {
        var log = new ServedLog(TimeProvider.System);
        for (var request = 0; request < ServedLog.KeptMax + 5; request++)
        {
            var served = log.Start("", "/", null, null);
            served.Model = "m";
            served.Usage = new(3, 0, 0, 2);
            log.Finish(served, "complete");
            log.Finish(served, "ended");
        }

        Assert.Equal(ServedLog.KeptMax + 5, log.Count);
        Assert.Equal((6, ServedLog.KeptMax), (log.Kept().First().Number, log.Kept().Count()));
        var total = JsonSerializer.SerializeToElement(log.Totals["m"].View());
        Assert.Equal(((ServedLog.KeptMax + 5) * 3, (ServedLog.KeptMax + 5) * 2),
            (Number(total, "Input"), Number(total, "Output")));
        Assert.Equal(0, log.Open);
    }

    [Fact]
    public async Task Requests_are_found_by_their_place_and_their_tenant()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        await models.AskAsync("/models/p1/openai/v1/chat/completions", "m");
        await models.PostAsync(TestModels.Chat, """{"model":"m","user":"ann","messages":[{"role":"user","content":"x"}]}""");
        await models.PostAsync(TestModels.Messages,
            """{"model":"m","max_tokens":5,"metadata":{"user_id":"ann"},"messages":[{"role":"user","content":"x"}]}""");

        Assert.Equal("0123",
            Text(Assert.Single((await models.RecordAsync("?place=p1")).GetProperty("requests").EnumerateArray()),
            "key_end"));
        Assert.Equal(2, (await models.RecordAsync("?tenant=ann")).GetProperty("requests").GetArrayLength());
        Assert.Equal(0, (await models.RecordAsync("?totals")).GetProperty("requests").GetArrayLength());
    }

    private static (long Input, long Output) InputAndOutput(string path, JsonElement usage) => path switch
    {
        TestModels.Messages => (Number(usage, "input_tokens") + Number(usage, "cache_read_input_tokens")
            + Number(usage, "cache_creation_input_tokens"), Number(usage, "output_tokens")),
        TestModels.Responses => (Number(usage, "input_tokens"), Number(usage, "output_tokens")),
        TestModels.Embeddings => (Number(usage, "prompt_tokens"), 0),
        _ => (Number(usage, "prompt_tokens"), Number(usage, "completion_tokens")),
    };

    private static long Number(JsonElement thing, string name) => thing.GetProperty(name).GetInt64();

    private static string? Text(JsonElement thing, string name) => thing.GetProperty(name).GetString();
}
