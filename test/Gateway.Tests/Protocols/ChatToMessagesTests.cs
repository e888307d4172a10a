using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>A caller who speaks chat, and a provider who speaks Messages: the request.</summary>
public sealed class ChatToMessagesTests
{
    [Fact]
    public void A_simple_chat_becomes_a_turn_with_a_limit_of_our_own() => Wire.Same(
        """
        {"model":"m","max_tokens":4096,"system":"Be brief.","messages":[{"role":"user","content":[{"type":"text",
         "text":"Hi"}]}]}
        """,
        Translated("""
        {"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}
        """));

    [Fact]
    public void Several_system_messages_become_several_blocks_in_their_order() => Wire.Same(
        """[{"type":"text","text":"One."},{"type":"text","text":"Two."}]""",
        Translated("""
        {"model":"m","messages":[{"role":"system","content":"One."},{"role":"user","content":"Hi"},
         {"role":"developer","content":[{"type":"text","text":"Two."},{"type":"text","text":""}]}]}
        """)["system"]);

    [Theory]
    [InlineData("https://example.com/a.png", """{"type":"url","url":"https://example.com/a.png"}""")]
    [InlineData("data:image/png;base64,aGk=", """{"type":"base64","media_type":"image/png","data":"aGk="}""")]
    [InlineData(@"data:image\/png;charset=x;base64,aG\/k", """{"type":"base64","media_type":"image/png","data":"aG/k"}""")]
    public void Images_become_sources(string url, string source) => Wire.Same(
        $$"""[{"type":"text","text":"What is it?"},{"type":"image","source":{{source}} }]""",
        Translated($$"""
        {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"What is it?"},
         {"type":"image_url","image_url":{"url":"{{url}}","detail":"high"} }]}]}
        """)["messages"]![0]!["content"]);

    [Theory]
    [InlineData("ftp://example.com/a.png")]
    [InlineData("data:image/png,plain")]
    [InlineData("data:;base64,aGk=")]
    [InlineData("data:;x;base64,aGk=")]
    [InlineData("file-123")]
    public void An_image_that_is_neither_of_the_web_nor_base64_is_named(string url) => Assert.Contains(
        "messages[0].content[0]",
        Refused($$"""{"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"{{url}}"} }]}]}"""),
        StringComparison.Ordinal);

    [Fact]
    public void A_file_given_as_data_becomes_a_document() => Wire.Same(
        """[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}}]""",
        Translated("""
        {"model":"m","messages":[{"role":"user","content":[{"type":"file",
         "file":{"file_data":"data:application/pdf;base64,aGk="}}]}]}
        """)["messages"]![0]!["content"]);

    [Fact]
    public void Calls_and_their_results_become_blocks_and_what_follows_joins_the_results() => Wire.Same(
        """
        [{"role":"user","content":[{"type":"text","text":"Weather?"}]},
         {"role":"assistant","content":[{"type":"text","text":"I look."},
          {"type":"tool_use","id":"call_1","name":"look","input":{"at":"Rome","n":12345678901234567890}},
          {"type":"tool_use","id":"a_b_c","name":"look","input":{}}]},
         {"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"Sun"},
          {"type":"tool_result","tool_use_id":"a_b_c","content":"No such place","is_error":true},
          {"type":"text","text":"And?"}]}]
        """,
        Translated("""
        {"model":"m","messages":[{"role":"user","content":"Weather?"},
         {"role":"assistant","content":"I look.","tool_calls":[
          {"id":"call_1","type":"function","function":{"name":"look",
           "arguments":"{\"at\":\"Rome\",\"n\":12345678901234567890}"}},
          {"id":"a.b:c","type":"function","function":{"name":"look","arguments":"not json"}}]},
         {"role":"tool","tool_call_id":"call_1","content":"Sun"},
         {"role":"tool","tool_call_id":"a.b:c","content":"[tool error] No such place"},
         {"role":"user","content":"And?"}]}
        """)["messages"]);

    [Fact]
    public void A_result_in_parts_keeps_its_parts() => Wire.Same(
        """{"type":"tool_result","tool_use_id":"c","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}""",
        Translated("""
        {"model":"m","messages":[{"role":"tool","tool_call_id":"c","content":[{"type":"text","text":"a"},
         {"type":"text","text":"b"}]}]}
        """)["messages"]![0]!["content"]![0]);

    [Fact]
    public void A_result_without_content_has_none() => Wire.Same(
        """[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}]""",
        Translated("""{"model":"m","messages":[{"role":"tool","tool_call_id":"c"}]}""")["messages"]);

    [Fact]
    public void Empty_texts_are_left_out_since_Anthropic_refuses_them() => Wire.Same(
        """[{"role":"user","content":[{"type":"text","text":"Hi"}]}]""",
        Translated("""
        {"model":"m","messages":[{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"Hi"}]},
         {"role":"assistant","content":""},{"role":"assistant","content":null},{"role":"user",
          "content":[{"type":"text","text":""}]}]}
        """)["messages"]);

    [Fact]
    public void Settings_are_carried_over()
    {
        var request = Translated("""
            {"model":"m","messages":[{"role":"user","content":"Hi"}],"max_tokens":7,"max_completion_tokens":9,
             "temperature":1.7,
             "top_p":0.5,"top_k":3,"stop":"END","user":"u1","stream":true,"stream_options":{"include_usage":true},
              "n":1,"seed":4,
             "presence_penalty":0.2,"store":true}
            """);
        request.Remove("messages");
        Wire.Same("""
            {"model":"m","max_tokens":9,"temperature":1,"top_p":0.5,"top_k":3,"stop_sequences":["END"],
             "stream":true,"metadata":{"user_id":"u1"}}
            """, request);
    }

    [Fact]
    public void Tools_are_carried_over() => Wire.Same(
        """
        [{"name":"look","description":"Looks.","input_schema":{"type":"object","properties":{"at":{"type":"string"}}}},
         {"name":"wait","input_schema":{"type":"object","properties":{}}},{"name":"sing",
          "input_schema":{"type":"object","properties":{}}}]
        """,
        Translated("""
        {"model":"m","messages":[{"role":"user","content":"Hi"}],"tools":[
         {"type":"function","function":{"name":"look","description":"Looks.","strict":true,
          "parameters":{"type":"object","properties":{"at":{"type":"string"}}}}},
         {"type":"function","function":{"name":"wait"}},{"type":"function","function":{"name":"sing","parameters":{}}}]}
        """)["tools"]);

    [Theory]
    [InlineData("", "null")]
    [InlineData(""","tool_choice":"auto" """, """{"type":"auto"}""")]
    [InlineData(""","tool_choice":"required" """, """{"type":"any"}""")]
    [InlineData(""","tool_choice":"none","parallel_tool_calls":false""", """{"type":"none"}""")]
    [InlineData(""","parallel_tool_calls":false""", """{"type":"auto","disable_parallel_tool_use":true}""")]
    [InlineData(""","parallel_tool_calls":true""", "null")]
    [InlineData(""","tool_choice":{"type":"function","function":{"name":"look"}}""",
        """{"type":"tool","name":"look"}""")]
    public void The_choice_of_tools_is_carried_over(string chosen, string choice) => Wire.Same(choice, Translated($$"""
        {"model":"m","messages":[{"role":"user","content":"Hi"}],
         "tools":[{"type":"function","function":{"name":"look"} }]{{chosen}} }
        """)["tool_choice"]);

    [Fact]
    public void A_choice_without_tools_is_left_out() => Assert.False(Translated(
        """{"model":"m","messages":[{"role":"user","content":"Hi"}],"tool_choice":"auto","tools":[]}""").ContainsKey("tool_choice"));

    [Theory]
    [InlineData("low", 10000, 2000)]
    [InlineData("medium", 10000, 5000)]
    [InlineData("high", 10000, 8000)]
    [InlineData("high", 100000, 32000)]
    [InlineData("low", 2000, 1024)]
    [InlineData("high", 1025, 1024)]
    public void An_effort_becomes_a_budget_and_leaves_the_temperature_out(string effort, int tokens, int budget)
    {
        var request = Translated($$"""
            {"model":"m","messages":[{"role":"user","content":"Hi"}],"reasoning_effort":"{{effort}}",
             "max_tokens":{{tokens}},
             "temperature":0.2,"top_p":0.1,"top_k":5}
            """);
        Wire.Same($$"""{"type":"enabled","budget_tokens":{{budget}} }""", request["thinking"]);
        Assert.False(request.ContainsKey("temperature") || request.ContainsKey("top_p") || request.ContainsKey("top_k"));
    }

    [Theory]
    [InlineData(""" "reasoning_effort":"none" """)]
    [InlineData(""" "reasoning_effort":"high","max_tokens":1024 """)]
    [InlineData(""" "reasoning_effort":"high","tool_choice":"required","tools":[{"type":"function","function":{"name":"a"}}] """)]
    public void It_does_not_think_where_it_may_not_or_has_no_room(string with) => Assert.False(Translated(
        $$"""{"model":"m","messages":[{"role":"user","content":"Hi"}],{{with}} }""").ContainsKey("thinking"));

    private const string Called = """
        {"model":"m","reasoning_effort":"high","messages":[{"role":"user","content":"Hi"},
         {"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{}"}}]THOUGHTS},
         {"role":"tool","tool_call_id":"c","content":"1"}]}
        """;

    [Fact]
    public void After_a_call_it_only_thinks_on_when_its_signed_thoughts_are_sent_along()
    {
        Assert.False(Translated(Called.Replace("THOUGHTS", "", StringComparison.Ordinal)).ContainsKey("thinking"));
        var request = Translated(Called.Replace("THOUGHTS", """
            ,"reasoning_content":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","signature":"S",
             "format":"x"},
             {"type":"reasoning.encrypted","data":"D","format":"anthropic-claude-v1"},
             {"type":"reasoning.encrypted","data":"E","format":"openai-responses-v1"},{"type":"reasoning.text",
              "text":"unsigned"}]
            """, StringComparison.Ordinal));
        Assert.True(request.ContainsKey("thinking"));
        Wire.Same("""
            [{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"redacted_thinking","data":"D"},
             {"type":"tool_use","id":"c","name":"f","input":{}}]
            """, request["messages"]![1]!["content"]);
    }

    [Fact]
    public void A_schema_for_the_answer_is_carried_over() => Wire.Same(
        """{"format":{"type":"json_schema","schema":{"type":"object"}}}""",
        Translated("""
        {"model":"m","messages":[{"role":"user","content":"Hi"}],
         "response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"},"strict":true}}}
        """)["output_config"]);

    [Theory]
    [InlineData(""" "n":2 """, "n ")]
    [InlineData(""" "n":"1" """, "n ")]
    [InlineData(""" "logprobs":true """, "logprobs ")]
    [InlineData(""" "audio":{} """, "audio ")]
    [InlineData(""" "web_search_options":{} """, "web_search_options ")]
    [InlineData(""" "functions":[] """, "functions ")]
    [InlineData(""" "response_format":{"type":"json_object"} """, "response_format ")]
    [InlineData(""" "tools":{} """, "tools ")]
    [InlineData(""" "tools":[{"type":"custom","custom":{"name":"x"}}] """, "tools[0] ")]
    [InlineData(""" "tools":[{"type":"function","function":{}}] """, "tools[0] ")]
    [InlineData(""" "tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":{"type":"allowed_tools"} """,
        "tool_choice ")]
    [InlineData(""" "max_tokens":0 """, "max_tokens ")]
    [InlineData(""" "max_completion_tokens":"9" """, "max_completion_tokens ")]
    [InlineData(""" "temperature":"hot" """, "temperature ")]
    [InlineData(""" "stream":"yes" """, "stream ")]
    [InlineData(""" "stop":7 """, "stop ")]
    [InlineData(""" "stop":[7] """, "stop ")]
    [InlineData(""" "messages":[] """, "messages ")]
    [InlineData(""" "messages":"Hi" """, "messages ")]
    [InlineData(""" "messages":[{"role":"user","content":""}] """, "messages ")]
    [InlineData(""" "messages":[{"role":"robot","content":"Hi"}] """, "messages[0].role ")]
    [InlineData(""" "messages":[{"role":"user","content":7}] """, "messages[0].content ")]
    [InlineData(""" "messages":[{"role":"user","content":[{"type":"input_audio"}]}] """, "messages[0].content[0] ")]
    [InlineData(""" "messages":[{"role":"system","content":[{"type":"image_url"}]},{"role":"user","content":"Hi"}] """,
        "messages[0].content ")]
    [InlineData(""" "messages":[{"role":"tool","content":"Hi"}] """, "messages[0].tool_call_id ")]
    [InlineData(""" "messages":[{"role":"assistant","tool_calls":[{"type":"custom"}]}] """,
        "messages[0].tool_calls[0] ")]
    [InlineData(""" "messages":[{"role":"assistant","content":"a","function_call":{}}] """,
        "messages[0].function_call ")]
    [InlineData(""" "model":"" """, "model ")]
    [InlineData(""" "model":7 """, "model ")]
    public void What_cannot_be_carried_is_refused_by_its_name(string with, string named) => Assert.StartsWith(
        named, Refused($$"""{"model":"m","messages":[{"role":"user","content":"Hi"}],{{with}} }"""), StringComparison.Ordinal);

    private static System.Text.Json.Nodes.JsonObject Translated(string chat) =>
        Wire.Translated(WireFormat.Chat, WireFormat.Messages, chat);

    private static string Refused(string chat) => Wire.Refused(WireFormat.Chat, WireFormat.Messages, chat).Detail;
}
