using System.Buffers;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>Streams, event by event.</summary>
public sealed class StreamTests
{
    private static readonly string[] Chat =
    [
        """{"id":"c1","created":7,"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}""",
        """{"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}""",
        """{"id":"c1","choices":[{"index":0,"delta":{"content":"I "}}]}""",
        """{"id":"c1","choices":[{"index":0,"delta":{"content":"look\n."}}]}""",
        """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a.1","type":"function","function":{"name":"look","arguments":""}}]}}]}""",
        """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"at\":"}}]}}]}""",
        """{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}""",
        """{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"wait","arguments":"{}"}}]}}]}""",
        """{"choices":[{"delta":{},"finish_reason":"tool_calls"}]}""",
        """{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":6}}}""",
        "[DONE]",
    ];

    private static readonly string[] Messages =
    [
        """{"type":"message_start","message":{"id":"msg_1","usage":{"input_tokens":3,"cache_read_input_tokens":6,"output_tokens":1}}}""",
        """{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}""",
        """{"type":"ping"}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm"}}""",
        """{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"S"}}""",
        """{"type":"content_block_stop","index":0}""",
        """{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"D"}}""",
        """{"type":"content_block_stop","index":1}""",
        """{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}""",
        """{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"I look."}}""",
        """{"type":"content_block_stop","index":2}""",
        """{"type":"content_block_start","index":3,"content_block":{"type":"tool_use","id":"t1","name":"look","input":{}}}""",
        """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":""}}""",
        """{"type":"content_block_delta","index":3,"delta":{"type":"input_json_delta","partial_json":"{\"at\":1}"}}""",
        """{"type":"content_block_stop","index":3}""",
        """{"type":"content_block_start","index":4,"content_block":{"type":"tool_use","id":"t2","name":"wait","input":{}}}""",
        """{"type":"content_block_stop","index":4}""",
        """{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":4}}""",
        """{"type":"message_stop"}""",
    ];

    [Fact]
    public void A_chats_chunks_become_Anthropics_events()
    {
        var events = Wire.Streamed(Translator.Stream(WireFormat.Messages, WireFormat.Chat, "our/model", false), Chat);
        Assert.Equal(
            ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "content_block_start",
                "content_block_delta", "content_block_delta", "content_block_stop", "content_block_start", "content_block_delta",
                "content_block_delta", "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
                "message_delta", "message_stop"],
            events.Select(each => each.Name));
        Wire.Same("""
            {"id":"msg_c1","type":"message","role":"assistant","model":"our/model","content":[
             {"type":"thinking","thinking":"Hm","signature":""},{"type":"text","text":"I look\n."},
             {"type":"tool_use","id":"a_1","name":"look","input":{"at":1}},{"type":"tool_use","id":"b","name":"wait",
              "input":{}}],
             "stop_reason":"tool_use","stop_sequence":null,
             "usage":{"input_tokens":3,"cache_creation_input_tokens":0,"cache_read_input_tokens":6,"output_tokens":4}}
            """, Assembled.Messages(events));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Anthropics_events_become_a_chats_chunks(bool includeUsage)
    {
        var stream = Translator.Stream(WireFormat.Chat, WireFormat.Messages, "our/model", includeUsage);
        var whole = Assembled.Chat(Wire.Streamed(stream, Messages), includeUsage);
        if (includeUsage)
        {
            Wire.Same("""
                {"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":6}}
                """, whole["usage"]);
        }
        whole.Remove("usage");
        Wire.Same("""
            {"id":"msg_1","model":"our/model","finish_reason":"tool_calls","message":{"content":"I look.",
             "reasoning_content":"Hm",
             "reasoning_details":[{"type":"reasoning.text","text":"Hm","signature":"S","format":"anthropic-claude-v1",
              "index":0},
              {"type":"reasoning.encrypted","data":"D","format":"anthropic-claude-v1","index":1}],
             "tool_calls":[{"id":"t1","type":"function","function":{"name":"look","arguments":"{\"at\":1}"}},
              {"id":"t2","type":"function","function":{"name":"wait","arguments":"{}"}}]}}
            """, whole);
    }

    [Fact]
    public void A_chats_chunks_become_the_events_of_Responses()
    {
        var events = Wire.Streamed(Translator.Stream(WireFormat.Responses, WireFormat.Chat, "our/model", false), Chat);
        var response = Assembled.Responses(events);
        Assert.Equal("completed", (string?)response["status"]);
        Assert.Equal(7, (int)response["created_at"]!);
        Wire.Same("""
            [{"id":"rs_resp_c1_0","type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"Hm"}],
             "status":"completed"},
             {"id":"msg_resp_c1_1","type":"message","role":"assistant","status":"completed",
              "content":[{"type":"output_text","text":"I look\n.","annotations":[],"logprobs":[]}]},
             {"id":"fc_resp_c1_2","type":"function_call","call_id":"a.1","name":"look","arguments":"{\"at\":1}",
              "status":"completed"},
             {"id":"fc_resp_c1_3","type":"function_call","call_id":"b","name":"wait","arguments":"{}",
              "status":"completed"}]
            """, response["output"]);
        Assert.Equal(13, (int)response["usage"]!["total_tokens"]!);
        Assert.True(events.FindIndex(each => each.Name == "response.reasoning_text.done")
            < events.FindIndex(each => each.Name == "response.output_text.delta"), "Thoughts are done before it speaks.");
    }

    [Fact]
    public void Anthropics_events_become_those_of_Responses_over_chat()
    {
        var stream = Translator.Stream(WireFormat.Responses, WireFormat.Messages, "our/model", false);
        var response = Assembled.Responses(Wire.Streamed(stream, Messages));
        Assert.Equal(["reasoning", "message", "function_call", "function_call"],
            response["output"]!.AsArray().Select(item => (string?)item!["type"]));
        Assert.Equal(9, (int)response["usage"]!["input_tokens"]!);
    }

    [Theory]
    [InlineData(WireFormat.Chat, true)]
    [InlineData(WireFormat.Chat, false)]
    [InlineData(WireFormat.Messages, true)]
    [InlineData(WireFormat.Messages, false)]
    internal void Completions_get_the_text_and_their_usage_only_when_they_asked(WireFormat to, bool includeUsage)
    {
        var stream = Translator.Stream(WireFormat.Completions, to, "our/model", includeUsage);
        var events = Wire.Streamed(stream, to == WireFormat.Chat ? Chat : Messages);
        Assert.Equal("[DONE]", events[^1].Data);
        var chunks = events[..^1].Select(each => Wire.Read(Wire.Bytes(each.Data))).ToList();
        Assert.Equal(includeUsage, chunks[^1].ContainsKey("usage"));
        var text = string.Concat(chunks.SelectMany(chunk => chunk["choices"]!.AsArray()).Select(choice => (string?)choice!["text"]));
        Assert.Equal("I look.", text.Replace("\n", "", StringComparison.Ordinal));
        Assert.All(chunks, chunk => Assert.Equal("text_completion", (string?)chunk["object"]));
        Assert.Equal("tool_calls", chunks.SelectMany(chunk => chunk["choices"]!.AsArray()).Select(each => (string?)each!["finish_reason"]).Last());
    }

    [Fact]
    public void Pieces_of_calls_find_their_call_however_they_come()
    {
        // Interleaved, one with the same index as another, one without any, and a name that comes late.
        var message = Assembled.Messages(Wire.Streamed(Translator.Stream(WireFormat.Messages, WireFormat.Chat, "m", false),
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"arguments":"{\"y\""}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":":"}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":":1}"}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":1,"function":{"arguments":"2}"}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"index":1,"id":"c","function":{"name":"h","arguments":"{\"z\":3}"}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"id":"d","function":{"name":"i","arguments":"{\"w\":"}}]}}]}""",
            """{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"4}"}}]},"finish_reason":"stop"}]}"""));
        Wire.Same("""
            [{"type":"tool_use","id":"a","name":"f","input":{"x":1}},{"type":"tool_use","id":"b","name":"g",
             "input":{"y":2}},
             {"type":"tool_use","id":"c","name":"h","input":{"z":3}},{"type":"tool_use","id":"d","name":"i",
              "input":{"w":4}}]
            """, message["content"]);
        Assert.Equal("tool_use", (string?)message["stop_reason"]);
    }

    [Fact]
    public void Thoughts_that_were_signed_apart_stay_apart() => Wire.Same("""
        [{"type":"thinking","thinking":"a","signature":"S"},{"type":"thinking","thinking":"b","signature":"T"}]
        """,
        Assembled.Messages(Wire.Streamed(Translator.Stream(WireFormat.Messages, WireFormat.Chat, "m", false),
            """{"choices":[{"delta":{"reasoning_content":"a"}}]}""",
            """{"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"S"}]}}]}""",
            """{"choices":[{"delta":{"reasoning_content":"b"}}]}""",
            """{"choices":[{"delta":{"reasoning_details":[{"type":"reasoning.text","signature":"T"}]}}]}""",
            "[DONE]"))["content"]);

    [Fact]
    public void A_tools_input_may_come_all_at_once()
    {
        var whole = Assembled.Chat(Wire.Streamed(Translator.Stream(WireFormat.Chat, WireFormat.Messages, "m", false),
            """{"type":"message_start","message":{"id":"msg_1"}}""",
            """{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{"x":1}}}""",
            """{"type":"content_block_stop","index":0}""",
            """{"type":"message_delta","delta":{"stop_reason":"tool_use"}}"""), hasUsage: false);
        Assert.Equal("""{"x":1}""", (string?)whole["message"]!["tool_calls"]![0]!["function"]!["arguments"]);
    }

    [Fact]
    public void A_matched_stop_sequence_is_told()
    {
        var message = Assembled.Messages(Wire.Streamed(Translator.Stream(WireFormat.Messages, WireFormat.Chat, "m", false),
            """{"choices":[{"delta":{"content":"a"},"finish_reason":"stop","stop_reason":"END"}]}"""));
        Assert.Equal("stop_sequence", (string?)message["stop_reason"]);
        Assert.Equal("END", (string?)message["stop_sequence"]);
    }

    [Theory]
    [InlineData(WireFormat.Messages)]
    [InlineData(WireFormat.Responses)]
    internal void A_models_no_is_told(WireFormat from)
    {
        var events = Wire.Streamed(Translator.Stream(from, WireFormat.Chat, "m", false),
            """{"choices":[{"delta":{"refusal":"N"}}]}""", """{"choices":[{"delta":{"refusal":"o"},"finish_reason":"stop"}]}""");
        if (from == WireFormat.Messages)
        {
            var message = Assembled.Messages(events);
            Assert.Equal("refusal", (string?)message["stop_reason"]);
            Wire.Same("""[{"type":"text","text":"No"}]""", message["content"]);
        }
        else { Wire.Same("""[{"type":"refusal","refusal":"No"}]""", Assembled.Responses(events)["output"]![0]!["content"]); }
    }

    [Theory]
    [InlineData(WireFormat.Messages)]
    [InlineData(WireFormat.Responses)]
    [InlineData(WireFormat.Completions)]
    internal void An_answer_whose_usage_came_is_whole_though_nobody_said_how_it_ended(WireFormat from)
    {
        const string said = """{"choices":[{"delta":{"content":"a"}}],"usage":{"prompt_tokens":1}}""";
        const string used = """{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":1}}""";
        Assert.DoesNotContain("\"error\":{", Ended(said, used), StringComparison.Ordinal);
        Assert.Contains("\"error\":{", Ended(said), StringComparison.Ordinal);

        string Ended(params string[] events) =>
            string.Concat(Wire.Streamed(Translator.Stream(from, WireFormat.Chat, "m", true), events).Select(each => each.Data));
    }

    public static TheoryData<int, int> Translations => new(
        from pair in Pairs select ((int)pair.From, (int)pair.To));

    private static readonly (WireFormat From, WireFormat To)[] Pairs =
    [
        (WireFormat.Messages, WireFormat.Chat), (WireFormat.Responses, WireFormat.Chat), (WireFormat.Completions, WireFormat.Chat),
        (WireFormat.Chat, WireFormat.Messages), (WireFormat.Responses, WireFormat.Messages), (WireFormat.Completions, WireFormat.Messages),
    ];

    [Theory]
    [MemberData(nameof(Translations))]
    public void An_answer_that_breaks_off_ends_with_one_error_wherever_it_is_cut(int from, int to)
    {
        var events = to == (int)WireFormat.Chat ? Chat : Messages;
        var last = Array.FindIndex(events, each => each.Contains("finish_reason", StringComparison.Ordinal)
            || each.Contains("stop_reason", StringComparison.Ordinal));
        for (var cut = 0; cut < events.Length; cut++)
        {
            var got = Wire.Streamed(Translator.Stream((WireFormat)from, (WireFormat)to, "m", true), events[..cut]);
            var errors = got.Count(each => each.Data.Contains("\"error\":{", StringComparison.Ordinal));
            Assert.Equal(cut > last ? 0 : 1, errors);
            if (errors == 0) { continue; }
            Assert.Equal("provider.broke_off", (string?)Wire.Read(Wire.Bytes(got[^1].Data))["error"]!["code"]);
        }
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void A_providers_error_is_told_without_its_words_and_nothing_follows(int from, int to)
    {
        foreach (var (error, code) in (ReadOnlySpan<(string, string)>)[
            ("""{"type":"error","error":{"type":"overloaded_error","message":"account 7"}}""", "provider.overloaded"),
            ("""{"error":{"message":"account 7","code":429}}""", "provider.overloaded"),
            ("""{"error":{"message":"account 7","type":"server_error"}}""", "provider.failed"),
            ("""{"error":"account 7"}""", "provider.failed"), ("account 7", "provider.bad_answer")])
        {
            var stream = Translator.Stream((WireFormat)from, (WireFormat)to, "m", true);
            var events = to == (int)WireFormat.Chat ? Chat : Messages;
            var got = Wire.Streamed(stream, [.. events[..4], error, .. events[4..]]);
            Assert.Equal(code, (string?)Wire.Read(Wire.Bytes(got[^1].Data))["error"]!["code"]);
            Assert.Single(got, each => each.Data.Contains("\"error\":{", StringComparison.Ordinal));
            Assert.DoesNotContain(got, each => each.Data.Contains("account 7", StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(WireFormat.Messages)]
    [InlineData(WireFormat.Responses)]
    [InlineData(WireFormat.Completions)]
    internal void A_choice_that_ends_in_an_error_is_an_error(WireFormat from) => Assert.Contains("provider.failed",
        Wire.Streamed(Translator.Stream(from, WireFormat.Chat, "m", true), """{"choices":[{"delta":{},"finish_reason":"error"}]}""")[^1].Data,
        StringComparison.Ordinal);

    [Fact]
    public void The_end_is_written_once()
    {
        var stream = Translator.Stream(WireFormat.Chat, WireFormat.Messages, "m", true);
        var output = new ArrayBufferWriter<byte>();
        foreach (var data in Messages) { stream.Next(default, Wire.Bytes(data), output); }
        var written = output.WrittenCount;
        stream.End(output);
        stream.Next(default, Wire.Bytes(Messages[0]), output);
        stream.End(output);
        Assert.Equal(written, output.WrittenCount);
    }

    [Fact]
    public void An_empty_event_is_passed_over() => Assert.Equal(
        ["message_start", "message_delta", "message_stop"],
        Wire.Streamed(Translator.Stream(WireFormat.Messages, WireFormat.Chat, "m", true), "", " ", "{}", "[DONE]").Select(each => each.Name));

    [Fact]
    public void A_stream_in_the_callers_own_format_stays_as_it_is()
    {
        var output = new ArrayBufferWriter<byte>();
        var stream = Translator.Stream(WireFormat.Chat, WireFormat.Chat, "m", true);
        stream.Next("a"u8, "1\n2"u8, output);
        stream.Next(default, "[DONE]"u8, output);
        stream.End(output);
        Assert.Equal("event: a\ndata: 1\ndata: 2\n\ndata: [DONE]\n\n", Wire.Text(output.WrittenSpan));
    }

    [Fact]
    public void Half_a_surrogate_pair_passes_unharmed()
    {
        var output = new ArrayBufferWriter<byte>();
        var stream = Translator.Stream(WireFormat.Responses, WireFormat.Chat, "m", true);
        stream.Next(default, """{"choices":[{"delta":{"content":"\ud83d"}}]}"""u8, output);
        stream.Next(default, """{"choices":[{"delta":{"content":"\ude00"},"finish_reason":"stop"}]}"""u8, output);
        stream.End(output);
        Assert.Contains("😀", (string?)Wire.Read(Wire.Bytes(Wire.Events(Wire.Text(output.WrittenSpan))[^1].Data))["response"]!
            ["output"]![0]!["content"]![0]!["text"]);
    }

    [Fact]
    public void Only_known_pairs_are_translated()
    {
        foreach (var from in Enum.GetValues<WireFormat>())
        {
            foreach (var to in Enum.GetValues<WireFormat>())
            {
                var knows = from == to || Pairs.Contains((from, to));
                Assert.Equal(knows, Translator.Knows(from, to));
                var problem = Translator.Request(from, to, Wire.Bytes("{}")).Problem;
                Assert.Equal(!knows, problem?.Code == "protocol.not_translated");
                if (!knows) { Assert.Throws<ArgumentException>(() => Translator.Stream(from, to, "m", true)); }
                else { Assert.Equal(from == to, problem is null && Translator.Stream(from, to, "m", true) is SameStream); }
            }
        }
    }
}
