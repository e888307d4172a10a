using Wopr.Gateway.Protocols;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>A caller who speaks the old completions, and a provider who speaks chat: the request.</summary>
public sealed class CompletionsToChatTests
{
    [Theory]
    [InlineData("\"Once\"")]
    [InlineData("[\"Once\"]")]
    public void A_prompt_becomes_a_message(string prompt) => Wire.Same(
        """
        {"model":"m","messages":[{"role":"user","content":"Once"}],"max_tokens":9,"temperature":1.5,"n":2,
         "stop":["\n"],"user":"u",
         "stream":true,"stream_options":{"include_usage":true}}
        """,
        Wire.Translated(WireFormat.Completions, WireFormat.Chat, $$"""
        {"model":"m","prompt":{{prompt}},"max_tokens":9,"temperature":1.5,"n":2,"stop":["\n"],"user":"u",
         "stream":true,"echo":false,
         "suffix":"","best_of":1}
        """));

    [Fact]
    public void Over_chat_it_reaches_a_provider_of_Messages() => Wire.Same(
        """{"model":"m","max_tokens":4096,"messages":[{"role":"user","content":[{"type":"text","text":"Once"}]}],"temperature":1}""",
        Wire.Translated(WireFormat.Completions, WireFormat.Messages, """{"model":"m","prompt":"Once","temperature":1.5}"""));

    [Theory]
    [InlineData(""" "prompt":["a","b"] """, "prompt ")]
    [InlineData(""" "prompt":[[1,2]] """, "prompt ")]
    [InlineData(""" "prompt":7 """, "prompt ")]
    [InlineData(""" "suffix":"a" """, "suffix ")]
    [InlineData(""" "logprobs":1 """, "logprobs ")]
    [InlineData(""" "echo":true """, "echo ")]
    [InlineData(""" "best_of":3 """, "best_of ")]
    [InlineData(""" "max_tokens":"a" """, "max_tokens ")]
    public void What_cannot_be_carried_is_refused_by_its_name(string with, string named) => Assert.StartsWith(named,
        Wire.Refused(WireFormat.Completions, WireFormat.Chat, $$"""{"model":"m","prompt":"a",{{with}} }""").Detail,
        StringComparison.Ordinal);
}
