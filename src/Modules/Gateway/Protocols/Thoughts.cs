using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// What a model thought before it spoke. Chat has no official place for it: <c>reasoning_content</c> is what most read,
/// and <c>reasoning_details</c>, as OpenRouter lays them out, carries Anthropic's signatures there and back.
/// </summary>
internal static class Thoughts
{
    private static ReadOnlySpan<byte> Format => "anthropic-claude-v1"u8;

    public static JsonElement Text(JsonElement message) =>
        message.Get("reasoning_content"u8) is var text && text.IsText() ? text : message.Get("reasoning"u8);

    public static bool AnySigned(JsonElement message)
    {
        foreach (var detail in message.Get("reasoning_details"u8).Items())
        {
            if (IsSigned(detail) || IsSealed(detail)) { return true; }
        }
        return false;
    }

    public static bool IsSigned(JsonElement detail) =>
        detail.Get("type"u8).Is("reasoning.text"u8) && !detail.Get("signature"u8).Inside().IsEmpty;

    public static bool IsSealed(JsonElement detail) => detail.Get("type"u8).Is("reasoning.encrypted"u8)
        && detail.Get("format"u8).Is(Format) && detail.Get("data"u8).IsText();

    public static void WriteBlock(Utf8JsonWriter to, JsonElement detail)
    {
        to.WriteStartObject();
        if (IsSealed(detail))
        {
            to.WriteString("type"u8, "redacted_thinking"u8);
            to.WriteRaw("data"u8, detail.Get("data"u8));
        }
        else
        {
            to.WriteString("type"u8, "thinking"u8);
            to.WriteText("thinking"u8, detail.Get("text"u8));
            to.WriteText("signature"u8, detail.Get("signature"u8));
        }
        to.WriteEndObject();
    }

    public static void WriteDetail(Utf8JsonWriter to, JsonElement block, int index)
    {
        if (!block.Get("type"u8).Is("redacted_thinking"u8))
        {
            WriteDetail(to, new RawText().Add(block.Get("thinking"u8).Inside()), block.Get("signature"u8), index);
            return;
        }
        to.WriteStartObject();
        to.WriteString("type"u8, "reasoning.encrypted"u8);
        to.WriteText("data"u8, block.Get("data"u8));
        to.WriteString("format"u8, Format);
        to.WriteNumber("index"u8, index);
        to.WriteEndObject();
    }

    public static void WriteDetail(Utf8JsonWriter to, RawText thought, JsonElement signature, int index)
    {
        to.WriteStartObject();
        to.WriteString("type"u8, "reasoning.text"u8);
        to.WriteText("text"u8, thought);
        to.WriteText("signature"u8, signature);
        to.WriteString("format"u8, Format);
        to.WriteNumber("index"u8, index);
        to.WriteEndObject();
    }
}
