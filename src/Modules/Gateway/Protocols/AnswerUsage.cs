using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// What an answer took, as the formats tell it to each other. OpenAI counts cached tokens among those read,
/// Anthropic beside them; here they are among them.
/// </summary>
internal readonly record struct AnswerUsage(long Input, long CachedInput, long CacheWrite, long Output, long Reasoning)
{
    public static AnswerUsage FromChat(JsonElement usage)
    {
        var details = usage.Get("prompt_tokens_details"u8);
        return new(
            usage.Get("prompt_tokens"u8).Count(),
            details.Get("cached_tokens"u8).Count(),
            details.Get("cache_write_tokens"u8).Count(),
            usage.Get("completion_tokens"u8).Count(),
            usage.Get("completion_tokens_details"u8).Get("reasoning_tokens"u8).Count());
    }

    /// <summary>The later part of a stream repeats some counts and leaves out others, which then stay.</summary>
    public AnswerUsage WithMessages(JsonElement usage)
    {
        var fresh = Latest(usage, "input_tokens"u8, Input - CachedInput - CacheWrite);
        var cached = Latest(usage, "cache_read_input_tokens"u8, CachedInput);
        var written = Latest(usage, "cache_creation_input_tokens"u8, CacheWrite);
        return new(fresh + cached + written, cached, written, Latest(usage, "output_tokens"u8, Output), Reasoning);
    }

    public void WriteChat(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("prompt_tokens"u8, Input);
        writer.WriteNumber("completion_tokens"u8, Output);
        writer.WriteNumber("total_tokens"u8, Input + Output);
        writer.WriteStartObject("prompt_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, CachedInput);
        if (CacheWrite > 0) { writer.WriteNumber("cache_write_tokens"u8, CacheWrite); }
        writer.WriteEndObject();
        if (Reasoning > 0)
        {
            writer.WriteStartObject("completion_tokens_details"u8);
            writer.WriteNumber("reasoning_tokens"u8, Reasoning);
            writer.WriteEndObject();
        }
        writer.WriteEndObject();
    }

    public void WriteMessages(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, Math.Max(0, Input - CachedInput - CacheWrite));
        writer.WriteNumber("cache_creation_input_tokens"u8, CacheWrite);
        writer.WriteNumber("cache_read_input_tokens"u8, CachedInput);
        writer.WriteNumber("output_tokens"u8, Output);
        writer.WriteEndObject();
    }

    public void WriteResponses(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, Input);
        writer.WriteStartObject("input_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, CachedInput);
        writer.WriteEndObject();
        writer.WriteNumber("output_tokens"u8, Output);
        writer.WriteStartObject("output_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, Reasoning);
        writer.WriteEndObject();
        writer.WriteNumber("total_tokens"u8, Input + Output);
        writer.WriteEndObject();
    }

    private static long Latest(JsonElement usage, ReadOnlySpan<byte> name, long known) =>
        usage.Get(name) is { ValueKind: JsonValueKind.Number } said ? said.Count() : Math.Max(0, known);
}
