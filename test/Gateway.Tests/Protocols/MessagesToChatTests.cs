using System.Text.Json.Nodes;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>A caller who speaks Messages, and a provider who speaks chat: the request.</summary>
public sealed class MessagesToChatTests
{
    [Fact]
    public void A_simple_request_becomes_a_chat() => Wire.Same(
        """
        {"model":"m","max_tokens":9,"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"},
         {"role":"assistant","content":"Ho"}]}
        """,
        Translated("""
        {"model":"m","max_tokens":9,"system":"Be brief.","messages":[{"role":"user","content":"Hi"},
         {"role":"assistant","content":[{"type":"thinking","thinking":"Hm","signature":"S"},{"type":"text","text":"H"},
          {"type":"text","text":"o"}]}]}
        """));

    [Fact]
    public void Blocks_of_the_system_prompt_are_joined_by_a_blank_line() => Wire.Same(
        """{"role":"system","content":"One.\n\nTwo."}""",
        Translated("""
        {"model":"m","max_tokens":9,"system":[{"type":"text","text":"One.","cache_control":{"type":"ephemeral"}},
         {"type":"text","text":"Two."}],"messages":[{"role":"user","content":"Hi"}]}
        """)["messages"]![0]);

    [Fact]
    public void Several_blocks_of_a_user_stay_one_message() => Wire.Same(
        """
        [{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"},
          {"type":"image_url","image_url":{"url":"data:image/png;base64,aGk="}},
          {"type":"image_url","image_url":{"url":"https://example.com/a.png"}},
          {"type":"text","text":"notes"},
          {"type":"file","file":{"filename":"T","file_data":"data:application/pdf;base64,aGk="}}]},
         {"role":"user","content":"c"}]
        """,
        Translated("""
        {"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{}},
         {"type":"text","text":"b"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}},
         {"type":"image","source":{"type":"url","url":"https://example.com/a.png"}},
         {"type":"document","source":{"type":"text","media_type":"text/plain","data":"notes"}},
         {"type":"document","title":"T","source":{"type":"base64","media_type":"application/pdf","data":"aGk="}}]},
         {"role":"user","content":[{"type":"text","text":"c"}]}]}
        """)["messages"]);

    [Fact]
    public void Results_become_messages_of_their_own_before_what_else_the_user_says() => Wire.Same(
        """
        [{"role":"assistant","content":null,"tool_calls":[
          {"id":"c1","type":"function","function":{"name":"look","arguments":"{\"at\":\"Rome\"}"}},
          {"id":"c2","type":"function","function":{"name":"look","arguments":"{}"}},
          {"id":"c3","type":"function","function":{"name":"look","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"c1","content":"Sun\nWind"},
         {"role":"tool","tool_call_id":"c2","content":"[tool error] No"},
         {"role":"tool","tool_call_id":"c3","content":"See the image in the next message."},
         {"role":"user","content":[{"type":"text","text":"And?"},{"type":"image_url",
          "image_url":{"url":"https://x/a.png"}}]}]
        """,
        Translated("""
        {"model":"m","max_tokens":9,"messages":[{"role":"assistant","content":[
         {"type":"tool_use","id":"c1","name":"look","input":{"at":"Rome"}},
         {"type":"tool_use","id":"c2","name":"look","input":{}},{"type":"tool_use","id":"c3","name":"look"}]},
         {"role":"user","content":[{"type":"text","text":"And?"},
          {"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"Sun"},{"type":"text",
           "text":"Wind"}]},
          {"type":"tool_result","tool_use_id":"c2","content":"No","is_error":true},
          {"type":"tool_result","tool_use_id":"c3","content":[{"type":"image","source":{"type":"url",
           "url":"https://x/a.png"}}]}]}]}
        """)["messages"]);

    [Fact]
    public void A_system_message_between_turns_stays_there() => Wire.Same(
        """[{"role":"user","content":"Hi"},{"role":"system","content":"One.\n\nTwo."},{"role":"user","content":"Ho"}]""",
        Translated("""
        {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"},
         {"role":"system","content":[{"type":"text","text":"One."},{"type":"text","text":"Two."}]},{"role":"user",
          "content":"Ho"}]}
        """)["messages"]);

    [Fact]
    public void A_result_without_content_is_an_empty_one() => Wire.Same(
        """[{"role":"tool","tool_call_id":"c","content":""}]""",
        Translated("""
        {"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c"}]}]}
        """)["messages"]);

    [Fact]
    public void Settings_are_carried_over()
    {
        var request = Translated("""
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"temperature":0.7,"top_p":0.5,
             "top_k":3,
             "stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true,"service_tier":"auto",
             "output_config":{"format":{"type":"json_schema","schema":{"type":"object"}}}}
            """);
        request.Remove("messages");
        Wire.Same("""
            {"model":"m","max_tokens":9,"temperature":0.7,"top_p":0.5,"top_k":3,"stop":["END"],"user":"u1",
             "response_format":{"type":"json_schema","json_schema":{"name":"answer","strict":true,
              "schema":{"type":"object"}}},
             "stream":true,"stream_options":{"include_usage":true}}
            """, request);
    }

    [Fact]
    public void Usage_is_only_asked_for_in_streams() => Assert.False(Translated(
        """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"stream":false}""").ContainsKey("stream_options"));

    [Theory]
    [InlineData("""{"type":"auto"}""", "\"auto\"", "null")]
    [InlineData("""{"type":"any"}""", "\"required\"", "null")]
    [InlineData("""{"type":"none"}""", "\"none\"", "null")]
    [InlineData("""{"type":"tool","name":"look","disable_parallel_tool_use":true}""",
        """{"type":"function","function":{"name":"look"}}""", "false")]
    public void Tools_and_their_choice_are_carried_over(string choice, string chosen, string parallel)
    {
        var request = Translated($$"""
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"tool_choice":{{choice}},
             "tools":[{"name":"look","description":"Looks.","input_schema":{"type":"object"} },{"type":"custom",
              "name":"wait"}]}
            """);
        Wire.Same("""
            [{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object"}}},
             {"type":"function","function":{"name":"wait","parameters":{"type":"object","properties":{}}}}]
            """, request["tools"]);
        Wire.Same(chosen, request["tool_choice"]);
        Wire.Same(parallel, request["parallel_tool_calls"]);
    }

    [Theory]
    [InlineData(""" "thinking":{"type":"enabled","budget_tokens":2000} """, "low")]
    [InlineData(""" "thinking":{"type":"enabled","budget_tokens":5000} """, "medium")]
    [InlineData(""" "thinking":{"type":"enabled","budget_tokens":8000} """, "high")]
    [InlineData(""" "thinking":{"type":"adaptive"} """, "medium")]
    [InlineData(""" "thinking":{"type":"adaptive"},"output_config":{"effort":"max"} """, "high")]
    [InlineData(""" "output_config":{"effort":"low"} """, "low")]
    [InlineData(""" "thinking":{"type":"disabled"},"output_config":{"effort":"low"} """, null)]
    [InlineData(""" "top_k":1 """, null)]
    public void How_much_to_think_becomes_an_effort(string thinking, string? effort) => Assert.Equal(effort, (string?)Translated(
        $$"""{"model":"m","max_tokens":10000,"messages":[{"role":"user","content":"Hi"}],{{thinking}} }""")["reasoning_effort"]);

    [Theory]
    [InlineData(""" "max_tokens":null """, "max_tokens ")]
    [InlineData(""" "max_tokens":0 """, "max_tokens ")]
    [InlineData(""" "model":null """, "model ")]
    [InlineData(""" "messages":[] """, "messages ")]
    [InlineData(""" "messages":[{"role":"robot","content":"a"}] """, "messages[0].role ")]
    [InlineData(""" "messages":[{"role":"user"}] """, "messages[0].content ")]
    [InlineData(""" "messages":[{"role":"user","content":[{"type":"video"}]}] """, "messages[0].content[0] ")]
    [InlineData(
        """ "messages":[{"role":"user","content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}] """,
        "messages[0].content[0] ")]
    [InlineData(
        """ "messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64"}},{"type":"text","text":"a"}]}] """,
        "messages[0].content[0] ")]
    [InlineData(
        """ "messages":[{"role":"user","content":[{"type":"document","source":{"type":"url","url":"https://x"}}]}] """,
        "messages[0].content[0] ")]
    [InlineData(""" "messages":[{"role":"user","content":[{"type":"tool_result"}]}] """,
        "messages[0].content[0].tool_use_id ")]
    [InlineData(""" "messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":7}]}] """,
        "messages[0].content[0] ")]
    [InlineData(
        """ "messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":[{"type":"search_result"}]}]}] """,
        "messages[0].content[0].content[0] ")]
    [InlineData(""" "messages":[{"role":"assistant","content":[{"type":"server_tool_use"}]}] """,
        "messages[0].content[0] ")]
    [InlineData(""" "messages":[{"role":"assistant","content":[{"type":"tool_use","id":"c"}]}] """,
        "messages[0].content[0] ")]
    [InlineData(""" "system":7 """, "system ")]
    [InlineData(""" "stop_sequences":"END" """, "stop_sequences ")]
    [InlineData(""" "stop_sequences":[7] """, "stop_sequences ")]
    [InlineData(""" "tools":{} """, "tools ")]
    [InlineData(""" "tools":[{"type":"web_search_20250305","name":"web_search"}] """, "tools[0] ")]
    [InlineData(""" "tools":[{"name":"a"}],"tool_choice":{"type":"tool"} """, "tool_choice ")]
    [InlineData(""" "mcp_servers":[{}] """, "mcp_servers ")]
    [InlineData(""" "container":"c" """, "container ")]
    [InlineData(""" "output_config":{"format":{"type":"json_schema"}} """, "output_config.format ")]
    public void What_cannot_be_carried_is_refused_by_its_name(string with, string named) => Assert.StartsWith(named,
        Wire.Refused(WireFormat.Messages, WireFormat.Chat,
            $$"""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],{{with}} }""").Detail,
        StringComparison.Ordinal);

    [Fact]
    public void Servers_of_tools_may_be_named_when_there_are_none() =>
        Translated("""{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],"mcp_servers":[]}""");

    private static JsonObject Translated(string messages) => Wire.Translated(WireFormat.Messages, WireFormat.Chat, messages);
}
