using System.Text.Json.Nodes;
using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>A caller who speaks Responses, and a provider who speaks chat: the request.</summary>
public sealed class ResponsesToChatTests
{
    [Fact]
    public void A_simple_request_becomes_a_chat() => Wire.Same(
        """{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Hi"}]}""",
        Translated("""{"model":"m","instructions":"Be brief.","input":"Hi","store":true,"include":["reasoning.encrypted_content"]}"""));

    [Fact]
    public void Items_become_messages_and_calls_belong_to_the_message_before() => Wire.Same(
        """
        [{"role":"system","content":"S"},{"role":"user","content":"Hi"},
         {"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url",
          "image_url":{"url":"https://x/a.png","detail":"low"}},
          {"type":"file","file":{"filename":"f","file_data":"data:application/pdf;base64,aGk="}}]},
         {"role":"assistant","content":"I look.","tool_calls":[
          {"id":"c1","type":"function","function":{"name":"look","arguments":"{}"}},
          {"id":"c2","type":"function","function":{"name":"look","arguments":"{}"}}]},
         {"role":"tool","tool_call_id":"c1","content":"Sun"},
         {"role":"tool","tool_call_id":"c2","content":"Rain"},
         {"role":"assistant","content":null,"tool_calls":[{"id":"c3","type":"function","function":{"name":"look",
          "arguments":""}}]},
         {"role":"tool","tool_call_id":"c3","content":"Wind"},
         {"role":"assistant","content":"No."},{"role":"assistant","content":"Well."}]
        """,
        Translated("""
        {"model":"m","input":[{"role":"developer","content":"S"},{"type":"message","role":"user",
         "content":[{"type":"input_text","text":"Hi"}]},
         {"role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_image",
          "image_url":"https://x/a.png","detail":"low"},
          {"type":"input_file","filename":"f","file_data":"data:application/pdf;base64,aGk="}]},
         {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I "},{"type":"output_text",
          "text":"look."}]},
         {"type":"reasoning","id":"rs","summary":[]},
         {"type":"function_call","call_id":"c1","name":"look","arguments":"{}"},
         {"type":"function_call","call_id":"c2","name":"look","arguments":"{}"},
         {"type":"function_call_output","call_id":"c1","output":"Sun"},
         {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"Rain"}]},
         {"type":"function_call","call_id":"c3","name":"look","arguments":""},
         {"type":"function_call_output","call_id":"c3","output":"Wind"},
         {"role":"assistant","content":[{"type":"refusal","refusal":"No."}]},{"role":"assistant","content":"Well."}]}
        """)["messages"]);

    [Fact]
    public void Settings_and_tools_are_carried_over()
    {
        var request = Translated("""
            {"model":"m","input":"Hi","max_output_tokens":9,"temperature":1.5,"top_p":0.5,"user":"u1",
             "reasoning":{"effort":"low"},
             "parallel_tool_calls":false,"tool_choice":{"type":"function","name":"look"},"truncation":"auto",
              "stream":true,
             "text":{"format":{"type":"json_schema","name":"a","schema":{"type":"object"},"strict":true},
              "verbosity":"low"},
             "tools":[{"type":"function","name":"look","description":"Looks.","parameters":{"type":"object"},
              "strict":true}]}
            """);
        request.Remove("messages");
        Wire.Same("""
            {"model":"m","max_tokens":9,"temperature":1.5,"top_p":0.5,"user":"u1","reasoning_effort":"low",
             "parallel_tool_calls":false,
             "tool_choice":{"type":"function","function":{"name":"look"}},"stream":true,
              "stream_options":{"include_usage":true},
             "response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"},
              "strict":true}},
             "tools":[{"type":"function","function":{"name":"look","description":"Looks.",
              "parameters":{"type":"object"},"strict":true}}]}
            """, request);
    }

    [Theory]
    [InlineData("""{"type":"text"}""", "null")]
    [InlineData("""{"type":"json_object"}""", """{"type":"json_object"}""")]
    public void The_format_of_the_answer_is_carried_over(string asked, string format) => Wire.Same(
        format, Translated($$"""{"model":"m","input":"Hi","text":{"format":{{asked}} } }""")["response_format"]);

    [Fact]
    public void Over_chat_it_reaches_a_provider_of_Messages() => Wire.Same(
        """
        {"model":"m","max_tokens":9,"system":"S","messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},
         {"role":"assistant","content":[{"type":"tool_use","id":"c","name":"f","input":{"a":1}}]},
         {"role":"user","content":[{"type":"tool_result","tool_use_id":"c","content":"1"}]}],"stream":true}
        """,
        Wire.Translated(WireFormat.Responses, WireFormat.Messages, """
        {"model":"m","instructions":"S","stream":true,"max_output_tokens":9,"input":[{"role":"user","content":"Hi"},
         {"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":1}"},
         {"type":"function_call_output","call_id":"c","output":"1"}]}
        """));

    [Theory]
    [InlineData(""" "previous_response_id":"r" """, "previous_response_id ")]
    [InlineData(""" "conversation":"c" """, "conversation ")]
    [InlineData(""" "prompt":{"id":"p"} """, "prompt ")]
    [InlineData(""" "background":true """, "background ")]
    [InlineData(""" "top_logprobs":2 """, "top_logprobs ")]
    [InlineData(""" "instructions":[] """, "instructions ")]
    [InlineData(""" "input":[] """, "input ")]
    [InlineData(""" "input":7 """, "input ")]
    [InlineData(""" "input":[{"type":"item_reference","id":"x"}] """, "input[0] ")]
    [InlineData(""" "input":[{"type":"function_call","call_id":"c","name":"f"}] """, "input[0] ")]
    [InlineData(""" "input":[{"type":"function_call_output","output":"a"}] """, "input[0].call_id ")]
    [InlineData(""" "input":[{"type":"function_call_output","call_id":"c","output":7}] """, "input[0].output ")]
    [InlineData(""" "input":[{"role":"robot","content":"a"}] """, "input[0].role ")]
    [InlineData(""" "input":[{"role":"user"}] """, "input[0].content ")]
    [InlineData(""" "input":[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}] """,
        "input[0].content[0] ")]
    [InlineData(""" "input":[{"role":"assistant","content":[{"type":"output_audio"}]}] """, "input[0].content ")]
    [InlineData(""" "tools":{} """, "tools ")]
    [InlineData(""" "tools":[{"type":"web_search"}] """, "tools[0] ")]
    [InlineData(""" "tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"web_search"} """, "tool_choice ")]
    [InlineData(""" "text":{"format":{"type":"grammar"}} """, "text.format ")]
    public void What_cannot_be_carried_is_refused_by_its_name(string with, string named)
    {
        var body = $$"""{"model":"m","input":"Hi",{{with}} }""";
        Assert.StartsWith(named, Wire.Refused(WireFormat.Responses, WireFormat.Chat, body).Detail, StringComparison.Ordinal);
        Assert.StartsWith(named, Wire.Refused(WireFormat.Responses, WireFormat.Messages, body).Detail, StringComparison.Ordinal);
    }

    private static JsonObject Translated(string responses) => Wire.Translated(WireFormat.Responses, WireFormat.Chat, responses);
}
