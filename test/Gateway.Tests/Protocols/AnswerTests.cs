using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>Whole answers, in the caller's format.</summary>
public sealed class AnswerTests
{
    private const string Chat = """
        {"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"upstream",
         "choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"I look.",
          "reasoning_content":"Hm","tool_calls":[{"id":"call_1","type":"function",
           "function":{"name":"look","arguments":"{\"at\": \"Rome\"}"}}]}}],
         "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
          "prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},
           "completion_tokens_details":{"reasoning_tokens":2}}}
        """;

    private const string Messages = """
        {"id":"msg_1","type":"message","role":"assistant","model":"upstream","content":[
         {"type":"thinking","thinking":"Hm","signature":"S"},{"type":"redacted_thinking","data":"D"},
         {"type":"text","text":"I "},{"type":"text","text":"look."},
         {"type":"tool_use","id":"toolu_1","name":"look","input":{"at":"Rome"}}],
         "stop_reason":"tool_use","stop_sequence":null,
         "usage":{"input_tokens":3,"cache_read_input_tokens":4,"cache_creation_input_tokens":3,"output_tokens":5,
          "output_tokens_details":{"thinking_tokens":2}}}
        """;

    [Fact]
    public void A_chat_answers_a_caller_of_Messages() => Wire.Same("""
        {"id":"msg_chatcmpl-1","type":"message","role":"assistant","model":"our/model","content":[
         {"type":"thinking","thinking":"Hm","signature":""},{"type":"text","text":"I look."},
         {"type":"tool_use","id":"call_1","name":"look","input":{"at":"Rome"}}],
         "stop_reason":"tool_use","stop_sequence":null,
         "usage":{"input_tokens":3,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5,
          "output_tokens_details":{"thinking_tokens":2}}}
        """, Wire.Answered(WireFormat.Messages, WireFormat.Chat, Chat));

    [Fact]
    public void Messages_answer_a_caller_of_chat()
    {
        var answer = Wire.Answered(WireFormat.Chat, WireFormat.Messages, Messages);
        Assert.InRange((long)answer["created"]!, 1_700_000_000, 4_000_000_000);
        answer.Remove("created");
        Wire.Same("""
            {"id":"msg_1","object":"chat.completion","model":"our/model","choices":[{"index":0,
             "message":{"role":"assistant",
             "content":"I look.","refusal":null,"reasoning_content":"Hm","reasoning_details":[
              {"type":"reasoning.text","text":"Hm","signature":"S","format":"anthropic-claude-v1","index":0},
              {"type":"reasoning.encrypted","data":"D","format":"anthropic-claude-v1","index":1}],
             "tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"look",
              "arguments":"{\"at\":\"Rome\"}"}}]},
             "logprobs":null,"finish_reason":"tool_calls"}],
             "usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
              "prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},
               "completion_tokens_details":{"reasoning_tokens":2}}}
            """, answer);
    }

    [Theory]
    [InlineData("stop", "end_turn")]
    [InlineData("length", "max_tokens")]
    [InlineData("content_filter", "refusal")]
    [InlineData("tool_calls", "end_turn")]
    [InlineData("whatever", "end_turn")]
    public void A_chats_reason_to_stop_is_told(string finish, string stop) => Assert.Equal(stop, (string?)Wire.Answered(
        WireFormat.Messages, WireFormat.Chat,
        $$"""{"choices":[{"message":{"content":"a"},"finish_reason":"{{finish}}"}]}""")["stop_reason"]);

    [Theory]
    [InlineData("end_turn", "stop")]
    [InlineData("stop_sequence", "stop")]
    [InlineData("pause_turn", "stop")]
    [InlineData("max_tokens", "length")]
    [InlineData("model_context_window_exceeded", "length")]
    [InlineData("refusal", "content_filter")]
    public void Anthropics_reason_to_stop_is_told(string stop, string finish) => Assert.Equal(finish, (string?)Wire.Answered(
        WireFormat.Chat, WireFormat.Messages,
        $$"""{"content":[{"type":"text","text":"a"}],"stop_reason":"{{stop}}"}""")["choices"]![0]!["finish_reason"]);

    [Fact]
    public void A_matched_stop_sequence_is_told_where_the_provider_tells_it()
    {
        var answer = Wire.Answered(WireFormat.Messages, WireFormat.Chat,
            """{"choices":[{"message":{"content":"a"},"finish_reason":"stop","stop_reason":"END"}]}""");
        Assert.Equal("stop_sequence", (string?)answer["stop_reason"]);
        Assert.Equal("END", (string?)answer["stop_sequence"]);
    }

    [Fact]
    public void A_call_is_a_call_whatever_the_provider_calls_its_end()
    {
        var answer = Wire.Answered(WireFormat.Messages, WireFormat.Chat, """
            {"id":"x.1","choices":[{"message":{"content":null,"tool_calls":[{"function":{"name":"f",
             "arguments":"[1]"}}]},
             "finish_reason":"stop"}]}
            """);
        Assert.Equal("tool_use", (string?)answer["stop_reason"]);
        Wire.Same("""[{"type":"tool_use","id":"call_0_x_1","name":"f","input":{}}]""", answer["content"]);
    }

    [Fact]
    public void A_models_no_is_told()
    {
        const string no = """{"choices":[{"message":{"content":null,"refusal":"No."},"finish_reason":"stop"}]}""";
        var answer = Wire.Answered(WireFormat.Messages, WireFormat.Chat, no);
        Assert.Equal("refusal", (string?)answer["stop_reason"]);
        Wire.Same("""[{"type":"text","text":"No."}]""", answer["content"]);
        Wire.Same("""[{"type":"refusal","refusal":"No."}]""",
            Wire.Answered(WireFormat.Responses, WireFormat.Chat, no)["output"]![0]!["content"]);
    }

    [Fact]
    public void A_chat_answers_a_caller_of_Responses() => Wire.Same("""
        {"id":"resp_chatcmpl-1","object":"response","created_at":1700000000,"status":"completed","error":null,
         "incomplete_details":null,"instructions":null,"model":"our/model","output":[
          {"id":"rs_resp_chatcmpl-1_0","type":"reasoning","summary":[],"content":[{"type":"reasoning_text",
           "text":"Hm"}],
           "status":"completed"},
          {"id":"msg_resp_chatcmpl-1_1","type":"message","role":"assistant","status":"completed",
           "content":[{"type":"output_text","text":"I look.","annotations":[],"logprobs":[]}]},
          {"id":"fc_resp_chatcmpl-1_2","type":"function_call","call_id":"call_1","name":"look",
           "arguments":"{\"at\": \"Rome\"}","status":"completed"}],
         "parallel_tool_calls":true,"previous_response_id":null,"store":false,"tool_choice":"auto","tools":[],
         "temperature":null,"top_p":null,"truncation":"disabled",
         "usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4},"output_tokens":5,
          "output_tokens_details":{"reasoning_tokens":2},"total_tokens":15},"metadata":{}}
        """, Wire.Answered(WireFormat.Responses, WireFormat.Chat, Chat));

    [Theory]
    [InlineData("length", "max_output_tokens")]
    [InlineData("content_filter", "content_filter")]
    public void An_answer_that_was_cut_is_incomplete(string finish, string reason)
    {
        var answer = Wire.Answered(WireFormat.Responses, WireFormat.Chat,
            $$"""{"choices":[{"message":{"content":"a"},"finish_reason":"{{finish}}"}]}""");
        Assert.Equal("incomplete", (string?)answer["status"]);
        Assert.Equal(reason, (string?)answer["incomplete_details"]!["reason"]);
        Assert.Equal("incomplete", (string?)answer["output"]![0]!["status"]);
    }

    [Fact]
    public void Messages_answer_a_caller_of_Responses_over_chat()
    {
        var output = Wire.Answered(WireFormat.Responses, WireFormat.Messages, Messages)["output"]!.AsArray();
        Assert.Equal(["reasoning", "message", "function_call"], output.Select(item => (string?)item!["type"]));
        Assert.Equal("toolu_1", (string?)output[2]!["call_id"]);
    }

    [Fact]
    public void A_chat_answers_a_caller_of_completions() => Wire.Same("""
        {"id":"cmpl-a","object":"text_completion","created":7,"model":"our/model","choices":[
         {"text":"Hi","index":0,"logprobs":null,"finish_reason":"stop"},
         {"text":"Ho","index":1,"logprobs":null,"finish_reason":null}],
         "usage":{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0}}}
        """, Wire.Answered(WireFormat.Completions, WireFormat.Chat, """
        {"id":"a","created":7,"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"},
         {"message":{"content":[{"type":"text","text":"H"},{"type":"text","text":"o"}]}}],
         "usage":{"prompt_tokens":1,"completion_tokens":2}}
        """));

    [Fact]
    public void Usage_that_makes_no_sense_is_never_below_zero_and_never_overflows()
    {
        var usage = Wire.Answered(WireFormat.Messages, WireFormat.Chat, """
            {"choices":[{"message":{"content":"a"}}],"usage":{"prompt_tokens":-5,"completion_tokens":1e300,
             "prompt_tokens_details":{"cached_tokens":99.5,"cache_write_tokens":"x"}}}
            """)["usage"]!;
        Wire.Same($$"""
            {"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":99,"output_tokens":{{1L << 50}}}
            """, usage);
    }

    [Theory]
    [InlineData("-5", 0)]
    [InlineData("9223372036854775807", 1L << 50)]
    [InlineData("\"7\"", 0)]
    public void A_count_is_held_within_bounds(string said, long told) => Assert.Equal(told, (long)Wire.Answered(
        WireFormat.Messages, WireFormat.Chat,
        $$"""{"choices":[{"message":{"content":"a"} }],"usage":{"completion_tokens":{{said}} } }""")["usage"]!["output_tokens"]!);

    [Theory]
    [InlineData(WireFormat.Messages, WireFormat.Chat)]
    [InlineData(WireFormat.Responses, WireFormat.Chat)]
    [InlineData(WireFormat.Completions, WireFormat.Chat)]
    [InlineData(WireFormat.Chat, WireFormat.Messages)]
    [InlineData(WireFormat.Responses, WireFormat.Messages)]
    [InlineData(WireFormat.Completions, WireFormat.Messages)]
    [InlineData(WireFormat.Embeddings, WireFormat.Chat)]
    internal void What_is_no_answer_becomes_a_refusal(WireFormat from, WireFormat to)
    {
        foreach (var body in (string[])["", "{}", "[]", "{\"choices\":[]}", "{\"content\":7}", "<html>"])
        {
            Assert.False(Translator.TryAnswer(from, to, Wire.Bytes(body), "m", out var answer));
            Assert.Equal("provider.bad_answer", (string?)Wire.Read(answer)["error"]!["code"]);
            Assert.Equal(answer, Translator.Answer(from, to, Wire.Bytes(body), "m"));
        }
    }

    [Fact]
    public void An_answer_in_the_callers_own_format_stays_as_it_is() => Assert.Equal(
        Wire.Bytes("{ \"a\" : 1}"), Translator.Answer(WireFormat.Chat, WireFormat.Chat, Wire.Bytes("{ \"a\" : 1}"), "m"));

    [Fact]
    public void Half_a_surrogate_pair_passes_unharmed()
    {
        Assert.True(Translator.TryAnswer(WireFormat.Messages, WireFormat.Chat,
            Wire.Bytes("""{"choices":[{"message":{"content":"a\ud83d"}}]}"""), "m", out var answer));
        Assert.Contains("""a\ud83d""", Wire.Text(answer), StringComparison.Ordinal);
    }
}
