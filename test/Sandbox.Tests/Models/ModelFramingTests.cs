using System.Text.Json;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests.Models;

/// <summary>Streams that are right, and unusual: how they are framed, and where and how they tell the usage.</summary>
public sealed class ModelFramingTests
{
    public static TheoryData<string> Streams =>
        [TestModels.Chat, TestModels.Completions, TestModels.Responses, TestModels.Messages];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task Line_ends_data_lines_and_comments_change_nothing_of_what_is_told(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        var plain = await models.StreamAsync(path, "m");

        var crlf = await models.StreamAsync(path, "m?fault=crlf");
        var lines = await models.StreamAsync(path, "m?fault=multiline");
        var comments = await models.StreamAsync(path, "m?fault=comments");
        var all = await models.StreamAsync(path, "m?fault=crlf,multiline,comments,drip");

        Assert.DoesNotContain('\n', crlf.Body.Replace("\r\n", "", StringComparison.Ordinal));
        Assert.DoesNotContain('\r', plain.Body);
        Assert.True(lines.Events.Count(told => told.Split("data: ").Length > 3) >= plain.Events.Length - 2);
        Assert.Equal(plain.Events.Length,
            comments.Events.Count(told => told.StartsWith(": ", StringComparison.Ordinal)));
        Assert.All(all.Chunks, size => Assert.Equal(1, size));
        foreach (var other in (RawAnswer[])[crlf, lines, comments, all]) { Assert.Equal(Told(plain), Told(other)); }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task The_usage_is_split_at_every_byte_or_at_one(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var plain = await models.StreamAsync(path, "m");
        var bytes = await models.StreamAsync(path, "m?fault=split");
        var halves = await models.StreamAsync(path, "m?fault=split:9");

        var tellers = plain.Events.Where(told => told.Contains("_tokens\":", StringComparison.Ordinal)).Select(told =>
            told.Length + 2).ToList();
        Assert.Equal(path == TestModels.Messages ? 2 : 1, tellers.Count);
        Assert.Equal(plain.Events.Length, plain.Chunks.Count);
        Assert.Equal(tellers.Sum(), bytes.Chunks.Count(size => size == 1));
        Assert.Equal(plain.Chunks.Count + tellers.Count, halves.Chunks.Count);
        Assert.All(tellers, length => Assert.Contains(length - 9, halves.Chunks));
        Assert.Equal(Told(plain), Told(bytes));
        Assert.Equal(Told(plain), Told(halves));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task The_usage_is_missing_or_wrong(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        var name = path switch
        {
            TestModels.Messages or TestModels.Responses => "output_tokens",
            _ =>
            "completion_tokens"
        };
        async Task<string> SaidAsync(string fault)
        {
            var body = (await models.StreamAsync(path, $"m?fault={fault}")).Body;
            var at = body.LastIndexOf($"\"{name}\":", StringComparison.Ordinal);
            return at < 0 ? "" : body[(at + name.Length + 3)..].Split([',', '}', '\n'])[0];
        }

        var truth = await SaidAsync("usage-late");
        var output = (await models.LastAsync()).GetProperty("usage").GetProperty("output").GetInt64();
        Assert.Equal($"{output}", truth);
        Assert.Equal("exact", (await models.LastAsync()).GetProperty("told").GetString());
        Assert.Equal("", await SaidAsync("no-usage"));
        Assert.Equal("none", (await models.LastAsync()).GetProperty("told").GetString());
        Assert.Equal($"\"{output}\"", await SaidAsync("wrong-usage:string"));
        Assert.Equal($"{-output - 1}", await SaidAsync("wrong-usage:negative"));
        Assert.Equal($"{long.MaxValue}", await SaidAsync("wrong-usage:huge"));
        Assert.Equal(new string('9', 41), await SaidAsync("wrong-usage:overflow"));
        Assert.Equal("null", await SaidAsync("wrong-usage:null"));
        Assert.Equal($"{output}.5", await SaidAsync("wrong-usage:float"));
        Assert.Equal("{", await SaidAsync("wrong-usage:object"));
        var served = await models.LastAsync();
        Assert.Equal(("wrong", output),
            (served.GetProperty("told").GetString(), served.GetProperty("usage").GetProperty("output").GetInt64()));
    }

    [Fact]
    public async Task The_usage_of_a_chat_comes_where_it_is_wanted()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);
        async Task<(int Usages, int Place, int Chunks, int Choices)> AskAsync(string fault, string more = "")
        {
            var raw = await models.RawAsync(TestModels.Chat,
                $$"""{"model":"m{{fault}}","stream":true,{{more}}"messages":[{"role":"user","content":"one two"}]}""");
            var chunks = Told(raw).Where(told => told.StartsWith('{')).Select(told => JsonElement.Parse(told)).ToList();
            var place = chunks.FindLastIndex(HasUsage);
            return (chunks.Count(HasUsage), place, chunks.Count, place < 0 ? -1
                : chunks[place].GetProperty("choices").GetArrayLength());
        }

        var silent = await AskAsync("");
        Assert.Equal((0, -1, silent.Chunks, -1), silent);
        var asked = await AskAsync("", "\"stream_options\":{\"include_usage\":true},");
        Assert.Equal((1, silent.Chunks, silent.Chunks + 1, 0), asked);
        Assert.Equal(asked, await AskAsync("?fault=usage-late"));
        Assert.Equal((1, silent.Chunks - 1, silent.Chunks, 1), await AskAsync("?fault=usage-finish"));
        Assert.Equal((silent.Chunks, silent.Chunks - 1, silent.Chunks, 1), await AskAsync("?fault=usage-every"));
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task An_event_is_no_json_and_another_is_huge(string path)
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var bad = await models.StreamAsync(path, "m?fault=bad-json:2");
        var huge = await models.StreamAsync(path, "m?fault=huge");
        var small = await models.StreamAsync(path, "m?fault=huge:1000");

        Assert.ThrowsAny<JsonException>(() => JsonElement.Parse(Told(bad)[2]));
        Assert.True(Told(huge).Max(told => told.Length) > 2 * 1024 * 1024);
        Assert.InRange(Told(small).Max(told => told.Length), 1000, 2000);
        Assert.All(Told(huge).Where(told => told != "[DONE]"), told => JsonElement.Parse(told));
        var served = await models.LastAsync();
        Assert.Equal(small.Events.Length, served.GetProperty("events").GetInt32());
    }

    [Fact]
    public async Task Pieces_come_at_their_pace_and_never_early()
    {
        await using var sandbox = await TestSandbox.StartAsync(Ct);
        var models = new TestModels(sandbox);

        var streams = await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
            await models.StreamAsync(TestModels.Chat, "m?delay=100&chunks=20&pace=20")));

        Assert.Equal([(24, Ending.Whole)], streams.Select(raw => (raw.Events.Length, raw.Ending)).Distinct());
        var record = await models.RecordAsync();
        Assert.All(record.GetProperty("requests").EnumerateArray(), served =>
        {
            // 19 pauses; a busy machine is late, but 64 streams do not wait for each other.
            Assert.InRange(served.GetProperty("first_byte_ms").GetDouble(), 100, 3000);
            Assert.InRange(served.GetProperty("ended_ms").GetDouble(), 480, 3000);
        });
    }

    private static bool HasUsage(JsonElement chunk) =>
        chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object;

    // The data of every event, with all that differs from one request to the next taken out.
    private static List<string> Told(RawAnswer raw) => [.. raw.Events
        .Select(told => told.Split('\n').Where(line =>
        line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => line[6..]).ToList())
        .Where(lines => lines.Count > 0).Select(lines => Plain(string.Join('\n', lines)))];

    private static string Plain(string data)
    {
        try
        {
            var compact = JsonSerializer.Serialize(JsonElement.Parse(data));
            return System.Text.RegularExpressions.Regex.Replace(compact, "_?-?[0-9]{8,}", "0");
        }
        catch (JsonException)
        {
            return data;
        }
    }
}
