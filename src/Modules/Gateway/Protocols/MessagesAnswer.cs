using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>A chat's answer as Anthropic's.</summary>
internal static class MessagesAnswer
{
    /// <summary>Null when it is none.</summary>
    public static byte[]? FromChat(JsonElement chat, string model)
    {
        var choice = ChatReading.FirstChoice(chat);
        var message = choice.Get("message"u8);
        if (!message.IsObject()) { return null; }
        var bytes = new ArrayBufferWriter<byte>();
        using (var to = new Utf8JsonWriter(bytes, Writing.Options))
        {
            to.WriteStartObject();
            to.WriteText("id"u8, ChatReading.Id("msg_"u8, chat.Get("id"u8)));
            to.WriteString("type"u8, "message"u8);
            to.WriteString("role"u8, "assistant"u8);
            to.WriteString("model"u8, model);
            to.WriteStartArray("content"u8);
            WriteThoughts(to, message);
            var refusal = message.Get("refusal"u8);
            var text = new RawText();
            foreach (var piece in Json.Texts(message.Get("content"u8))) { text.Add(piece.Inside()); }
            text.Add(refusal.Inside());
            if (!text.IsEmpty) { WriteText(to, text); }
            var calls = WriteCalls(to, chat.Get("id"u8), message);
            to.WriteEndArray();
            var matched = ChatReading.Matched(choice);
            var stop = StopReasons.ToMessages(choice.Get("finish_reason"u8), matched, calls, !refusal.Inside().IsEmpty);
            to.WriteString("stop_reason"u8, stop);
            if (stop.SequenceEqual("stop_sequence"u8)) { to.WriteRaw("stop_sequence"u8, matched); }
            else { to.WriteNull("stop_sequence"u8); }
            AnswerUsage.FromChat(chat.Get("usage"u8)).WriteMessages(to);
            to.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteThoughts(Utf8JsonWriter to, JsonElement message)
    {
        var details = 0;
        foreach (var detail in message.Get("reasoning_details"u8).Items())
        {
            if (!Thoughts.IsSigned(detail) && !Thoughts.IsSealed(detail)) { continue; }
            Thoughts.WriteBlock(to, detail);
            details++;
        }
        var text = Thoughts.Text(message);
        if (details > 0 || text.Inside().IsEmpty) { return; }
        to.WriteStartObject();
        to.WriteString("type"u8, "thinking"u8);
        to.WriteRaw("thinking"u8, text);
        to.WriteString("signature"u8, ""u8);
        to.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter to, RawText text)
    {
        to.WriteStartObject();
        to.WriteString("type"u8, "text"u8);
        to.WriteText("text"u8, text);
        to.WriteEndObject();
    }

    private static bool WriteCalls(Utf8JsonWriter to, JsonElement answerId, JsonElement message)
    {
        var count = 0;
        foreach (var call in message.Get("tool_calls"u8).Items())
        {
            if (!ChatReading.IsCall(call)) { continue; }
            to.WriteStartObject();
            to.WriteString("type"u8, "tool_use"u8);
            ToolText.WriteId(to, "id"u8, call.Get("id"u8).Bytes(), answerId.Bytes(), count++);
            to.WriteRaw("name"u8, call.Get("function"u8).Get("name"u8));
            to.WriteAsObject("input"u8, call.Get("function"u8).Get("arguments"u8));
            to.WriteEndObject();
        }
        return count > 0;
    }
}
