using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>Whatever comes in, a refusal or bytes come out; nothing throws, and little comes of little.</summary>
public sealed class HostileInput
{
    private static readonly (WireFormat From, WireFormat To)[] Pairs =
    [
        (WireFormat.Messages, WireFormat.Chat), (WireFormat.Chat, WireFormat.Messages), (WireFormat.Responses, WireFormat.Chat),
        (WireFormat.Responses, WireFormat.Messages), (WireFormat.Completions, WireFormat.Chat),
        (WireFormat.Completions, WireFormat.Messages), (WireFormat.Embeddings, WireFormat.Chat), (WireFormat.Chat, WireFormat.Chat),
    ];

    // Every word a translation looks for, so that changes hit something.
    private static readonly string[] Right =
    [
        """
        {"model":"m","max_tokens":9,"n":1,"system":[{"type":"text","text":"s"}],"messages":[{"role":"user","content":[
        {"type":"text","text":"a\u00e9\ud83d\ude00"},{"type":"image_url",
         "image_url":{"url":"data:image/png;base64,aGk="}},
        {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
        {"type":"tool_result","tool_use_id":"t","is_error":true,"content":[{"type":"text","text":"r"}]}]},
        {"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"x":1}}],"tool_calls":[
        {"id":"t","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}}],"reasoning_details":[
        {"type":"reasoning.text","text":"h","signature":"S"}]},{"role":"tool","tool_call_id":"t","content":"r"}],
        "tools":[{"type":"function","name":"f","function":{"name":"f","parameters":{"type":"object"}}}],
        "tool_choice":{"type":"tool","name":"f","function":{"name":"f"}},"stop":["e"],"temperature":0.5,
         "reasoning_effort":"low",
        "thinking":{"type":"enabled","budget_tokens":2000},"response_format":{"type":"json_schema",
         "json_schema":{"schema":{}}},
        "input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{}"},{"role":"user","content":"x"}],
        "prompt":"p","stream":true,"metadata":{"user_id":"u"}}
        """,
        """
        {"id":"i","type":"message","content":[{"type":"thinking","thinking":"h","signature":"S"},{"type":"text",
         "text":"a"},
        {"type":"tool_use","id":"t","name":"f","input":{"x":1}}],"stop_reason":"tool_use","usage":{"input_tokens":1,
        "output_tokens":2,"prompt_tokens":3,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":1}},
        "choices":[{"index":0,"finish_reason":"stop","message":{"content":"a","refusal":"n","reasoning_content":"h",
         "tool_calls":[
        {"id":"t","function":{"name":"f","arguments":"{\"x\":1}"}}]},"delta":{"content":"a","tool_calls":[{"index":0,
         "id":"t",
        "function":{"name":"f","arguments":"{"}}]}}]}
        """,
        """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"x":1}}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{","thinking":"h","signature":"S"}}""",
        """{"type":"message_start","message":{"id":"m","usage":{"input_tokens":1}},"delta":{"stop_reason":"end_turn"}}""",
    ];

    private static readonly string[] Words =
    [
        "null", "{}", "[]", "\"\"", "7", "-1", "1e999", "true", "\"text\"", "[[]]", "{\"type\":7}", "\"\\ud800\"", "\"\\u0000\"", ",",
        "{", "}", "\"", "\\", "\\ud83d", "\n", "\0", "é", "[null]", "9223372036854775808", "0.1", "\"assistant\"", "\"tool\"",
        "\"message_stop\"", "\"content_block_stop\"", "\"image\"", "\"error\"", "{\"\\ud800\":1}",
    ];

    [Fact]
    public void Random_bytes_throw_nothing() => Check(ArbMap.Default.GeneratorFor<byte[]>(), 2000);

    [Fact]
    public void Bodies_with_a_piece_changed_throw_nothing() => Check(
        from right in Gen.Elements(Right)
        from start in Gen.Choose(0, right.Length)
        from length in Gen.Frequency((4, Gen.Choose(0, 6)), (1, Gen.Choose(0, right.Length)))
        from odd in Gen.Elements(Words)
        select Encoding.UTF8.GetBytes(right[..start] + odd + right[Math.Min(right.Length, start + length)..]), 6000);

    [Fact]
    public void Bodies_with_a_value_changed_throw_nothing() => Check(
        from right in Gen.Elements(Right)
        from place in Gen.Elements<(int Start, int End)>(Values(right))
        from odd in Gen.Elements(Words)
        select Encoding.UTF8.GetBytes(right[..place.Start] + odd + right[place.End..]), 6000);

    [Fact]
    public void Bodies_with_a_byte_changed_throw_nothing() => Check(
        from right in Gen.Elements(Right)
        from place in Gen.Choose(0, right.Length - 1)
        from value in Gen.Choose(0, 255)
        select Changed(right, place, (byte)value), 4000);

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Depth_is_bounded(string open, string close)
    {
        foreach (var depth in (int[])[Json.DepthMax - 1, Json.DepthMax, 1000, 1_000_000])
        {
            var body = Wire.Bytes("{\"model\":\"m\",\"prompt\":\"p\",\"x\":" + Repeat(open, depth) + "1" + Repeat(close, depth) + "}");
            var problem = Translator.Request(WireFormat.Completions, WireFormat.Chat, body).Problem;
            Assert.Equal(depth < Json.DepthMax ? null : "request.bad_json", problem?.Code);
            AnswersSomething(body);
        }
    }

    [Fact]
    public void Arguments_that_are_too_deep_are_no_arguments()
    {
        var deep = Repeat("[", 70) + Repeat("]", 70);
        Wire.Same("{}", Wire.Answered(WireFormat.Messages, WireFormat.Chat,
            $$"""{"choices":[{"message":{"tool_calls":[{"id":"t","function":{"name":"f","arguments":"{\"a\":{{deep}} }"} }]} }]}""")
            ["content"]![0]!["input"]);
    }

    [Theory]
    [InlineData("{\"model\":\"m\",\"prompt\":\"\xff\"}")]
    [InlineData("{\"model\":\"m\",\"\xc3\":\"p\"}")]
    [InlineData("\xef\xbb\xbf{\"model\":\"m\",\"prompt\":\"p\"}")]
    public void Broken_text_is_refused(string body) => Assert.Equal("request.bad_json",
        Translator.Request(WireFormat.Completions, WireFormat.Chat, Encoding.Latin1.GetBytes(body)).Problem?.Code);

    [Fact]
    public void Names_that_cannot_be_decoded_are_refused() => Assert.Equal("request.bad_json", Wire.Refused(
        WireFormat.Completions, WireFormat.Chat, """{"\ud800":1,"model":"m","prompt":"p"}""").Code);

    [Fact]
    public void A_refusal_repeats_nothing_of_the_body() => Assert.DoesNotContain("secret", Wire.Refused(
        WireFormat.Chat, WireFormat.Messages, """{"model":"m","messages":[{"role":"secret","content":"secret"}]}""").Detail,
        StringComparison.Ordinal);

    [Fact]
    public void A_long_stream_of_nothing_grows_nothing()
    {
        foreach (var (from, to) in Pairs.Where(pair => Translator.Knows(pair.From, pair.To) && pair.From != pair.To))
        {
            var stream = Translator.Stream(from, to, "m", true);
            var output = new ArrayBufferWriter<byte>();
            for (var i = 0; i < 20_000; i++)
            {
                stream.Next(default, """{"type":"ping","choices":[{"delta":{"content":""}}]}"""u8, output);
            }
            Assert.InRange(output.WrittenCount, 0, 4096);
        }
    }

    [Fact]
    public void A_megabyte_is_answered_with_little_more_and_little_memory()
    {
        var text = Repeat("é", 500_000);
        var body = Wire.Bytes($$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"{{text}}"}]}""");
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.True(Translator.Request(WireFormat.Messages, WireFormat.Chat, body).Succeeded(out var translated, out _));
        Assert.InRange(translated.Length, body.Length - 100, body.Length + 100);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, body.Length * 6L);
    }

    private static void Check(Gen<byte[]> bodies, int count) => Prop.ForAll(bodies.ToArbitrary(), AnswersSomething)
        .Check(Config.QuickThrowOnFailure.WithMaxTest(count));

    private static void AnswersSomething(byte[] body)
    {
        foreach (var (from, to) in Pairs)
        {
            if (Translator.Request(from, to, body).Succeeded(out var request, out _) && from != to)
            {
                Assert.NotNull(Json.Parse(request));
                Assert.InRange(request.Length, 2, 500 + (body.Length * 4));
            }
            Translator.TryAnswer(from, to, body, "m", out var answer);
            if (from != to) { Assert.NotNull(Json.Parse(answer)); }
            if (!Translator.Knows(from, to)) { continue; }
            var stream = Translator.Stream(from, to, "m", true);
            var output = new ArrayBufferWriter<byte>();
            stream.Next(default, body, output);
            stream.Next("x"u8, body, output);
            stream.End(output);
            if (from == to) { continue; }
            foreach (var (_, data) in Wire.Events(Encoding.Latin1.GetString(output.WrittenSpan)))
            {
                if (data != "[DONE]") { Assert.NotNull(Json.Parse(Encoding.Latin1.GetBytes(data))); }
            }
        }
    }

    private static (int Start, int End)[] Values(string json)
    {
        var reader = new System.Text.Json.Utf8JsonReader(Encoding.ASCII.GetBytes(json));
        var places = new List<(int, int)>();
        var starts = new Stack<int>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case System.Text.Json.JsonTokenType.StartObject or System.Text.Json.JsonTokenType.StartArray:
                    starts.Push((int)reader.TokenStartIndex);
                    break;
                case System.Text.Json.JsonTokenType.EndObject or System.Text.Json.JsonTokenType.EndArray:
                    places.Add((starts.Pop(), (int)reader.BytesConsumed));
                    break;
                case not System.Text.Json.JsonTokenType.PropertyName:
                    places.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed));
                    break;
            }
        }
        return [.. places];
    }

    private static byte[] Changed(string right, int place, byte value)
    {
        var bytes = Encoding.UTF8.GetBytes(right);
        bytes[place] = value;
        return bytes;
    }

    private static string Repeat(string text, int count) => new StringBuilder().Insert(0, text, count).ToString();
}
