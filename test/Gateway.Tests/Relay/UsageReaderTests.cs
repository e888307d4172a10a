using System.Text;
using Wopr.Gateway.Protocols;
using Wopr.Gateway.Relay;
using Wopr.Kernel;

namespace Wopr.Gateway.Tests.Relay;

public sealed class UsageReaderTests
{
    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":{"cached_tokens":3}}}""", 10, 3, 4)]
    [InlineData("""{"usage":{"prompt_tokens":10,"completion_tokens":4,"prompt_tokens_details":null}}""", 10, 0, 4)]
    public void A_chat_counts_what_was_cached_within_its_input(string json, long input, long cached, long output) =>
        Assert.Equal(new TokenUsage(input, cached, 0, output), Read(WireFormat.Chat, json));

    [Fact]
    public void A_message_counts_what_was_cached_beside_its_input() => Assert.Equal(new TokenUsage(115, 100, 5, 40), Read(WireFormat.Messages,
        """{"type":"message_start","message":{"usage":{"input_tokens":10,"cache_read_input_tokens":100,"cache_creation_input_tokens":5,"output_tokens":1}}}""",
        """{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":40}}"""));

    [Fact]
    public void A_response_counts_in_its_last_event() => Assert.Equal(new TokenUsage(7, 2, 0, 9), Read(WireFormat.Responses,
        """{"type":"response.created","response":{"error":null,"usage":null}}""",
        """{"type":"response.completed","response":{"usage":{"input_tokens":7,"input_tokens_details":{"cached_tokens":2},"output_tokens":9}}}"""));

    [Fact]
    public void An_embedding_has_no_output() =>
        Assert.Equal(new TokenUsage(12, 0, 0, 0), Read(WireFormat.Embeddings, """{"data":[],"usage":{"prompt_tokens":12,"total_tokens":12}}"""));

    [Fact]
    public void The_cost_that_a_provider_names_is_exact_to_the_nano_dollar() => Assert.Equal(new Money(12_346),
        Read(WireFormat.Chat, """{"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.0000123451}}""")!.Value.Cost);

    [Theory]
    [InlineData("""{"usage":{"prompt_tokens":"10","completion_tokens":4}}""")]
    [InlineData("""{"usage":{"prompt_tokens":-1,"completion_tokens":4}}""")]
    [InlineData("""{"usage":{"prompt_tokens":10,"completion_tokens":4.5}}""")]
    [InlineData("""{"usage":{"prompt_tokens":10,"completion_tokens":99999999999999999999}}""")]
    [InlineData("""{"usage":{"prompt_tokens":10,"completion_tokens":1001}}""")]
    [InlineData("""{"usage":{"prompt_tokens":10}}""")]
    [InlineData("""{"usage":null}""")]
    [InlineData("""{"usage":{"prompt_tokens":10,"completion_tok""")]
    public void A_count_that_is_none_is_not_believed(string json) => Assert.Null(Read(WireFormat.Chat, json));

    [Fact]
    public void The_text_that_was_written_is_measured_for_when_nobody_counts()
    {
        UsageReader usage = new(WireFormat.Chat);
        usage.Read("""{"choices":[{"delta":{"content":"12345"}}]}"""u8);
        usage.Read("""{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"123"}}]}}]}"""u8);
        Assert.Equal(8, usage.TextBytes);
    }

    private static TokenUsage? Read(WireFormat format, params string[] parts)
    {
        UsageReader usage = new(format);
        foreach (var part in parts) { usage.Read(Encoding.UTF8.GetBytes(part)); }
        return usage.Usage(1000);
    }
}
