using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Anthropic's answer as a chat's.</summary>
internal static class ChatAnswer
{
    /// <summary>Null when it is none.</summary>
    public static byte[]? FromMessages(JsonElement from, string model)
    {
        var content = from.Get("content"u8);
        if (!content.IsList()) { return null; }
        var bytes = new ArrayBufferWriter<byte>();
        using (var to = new Utf8JsonWriter(bytes, Writing.Options))
        {
            to.WriteStartObject();
            to.WriteText("id"u8, ChatReading.Id(""u8, from.Get("id"u8)));
            to.WriteString("object"u8, "chat.completion"u8);
            to.WriteNumber("created"u8, ChatReading.Now());
            to.WriteString("model"u8, model);
            to.WriteStartArray("choices"u8);
            to.WriteStartObject();
            to.WriteNumber("index"u8, 0);
            to.WriteStartObject("message"u8);
            to.WriteString("role"u8, "assistant"u8);
            WriteText(to, content);
            to.WriteNull("refusal"u8);
            WriteThoughts(to, content);
            var calls = WriteCalls(to, content);
            to.WriteEndObject();
            to.WriteNull("logprobs"u8);
            to.WriteString("finish_reason"u8, StopReasons.ToChat(from.Get("stop_reason"u8), calls));
            to.WriteEndObject();
            to.WriteEndArray();
            default(AnswerUsage).WithMessages(from.Get("usage"u8)).WriteChat(to);
            to.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteText(Utf8JsonWriter to, JsonElement content)
    {
        var text = new RawText();
        foreach (var block in content.Items())
        {
            if (block.Get("type"u8).Is("text"u8)) { text.Add(block.Get("text"u8).Inside()); }
        }
        if (text.IsEmpty) { to.WriteNull("content"u8); }
        else { to.WriteText("content"u8, text); }
    }

    private static void WriteThoughts(Utf8JsonWriter to, JsonElement content)
    {
        var text = new RawText();
        var count = 0;
        foreach (var block in content.Items())
        {
            if (!IsThought(block)) { continue; }
            text.Add(block.Get("thinking"u8).Inside());
            count++;
        }
        if (count == 0) { return; }
        if (!text.IsEmpty) { to.WriteText("reasoning_content"u8, text); }
        to.WriteStartArray("reasoning_details"u8);
        var index = 0;
        foreach (var block in content.Items())
        {
            if (IsThought(block)) { Thoughts.WriteDetail(to, block, index++); }
        }
        to.WriteEndArray();
    }

    private static bool WriteCalls(Utf8JsonWriter to, JsonElement content)
    {
        var count = 0;
        foreach (var block in content.Items())
        {
            if (!block.Get("type"u8).Is("tool_use"u8)) { continue; }
            if (count++ == 0) { to.WriteStartArray("tool_calls"u8); }
            ChatFields.Call(to, block.Get("id"u8), block.Get("name"u8));
            to.WriteAsText("arguments"u8, block.Get("input"u8));
            to.WriteEndObject();
            to.WriteEndObject();
        }
        if (count > 0) { to.WriteEndArray(); }
        return count > 0;
    }

    private static bool IsThought(JsonElement block) =>
        block.Get("type"u8).Is("thinking"u8) || block.Get("type"u8).Is("redacted_thinking"u8);
}
