using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>A chat's answer as that of the old text completions.</summary>
internal static class CompletionsAnswer
{
    /// <summary>Null when it is none.</summary>
    public static byte[]? FromChat(JsonElement chat, string model)
    {
        if (!ChatReading.FirstChoice(chat).Get("message"u8).IsObject()) { return null; }
        var bytes = new ArrayBufferWriter<byte>();
        using (var to = new Utf8JsonWriter(bytes, Writing.Options))
        {
            to.WriteStartObject();
            to.WriteText("id"u8, ChatReading.Id("cmpl-"u8, chat.Get("id"u8)));
            to.WriteString("object"u8, "text_completion"u8);
            to.WriteNumber("created"u8, ChatReading.Created(chat));
            to.WriteString("model"u8, model);
            to.WriteStartArray("choices"u8);
            var index = 0;
            foreach (var choice in chat.Get("choices"u8).Items())
            {
                var text = new RawText();
                var content = choice.Get("message"u8).Get("content"u8);
                foreach (var piece in Json.Texts(content)) { text.Add(piece.Inside()); }
                WriteChoice(to, text, index++, choice.Get("finish_reason"u8));
            }
            to.WriteEndArray();
            AnswerUsage.FromChat(chat.Get("usage"u8)).WriteChat(to);
            to.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    public static void WriteChoice(Utf8JsonWriter to, RawText text, long index, JsonElement finish)
    {
        to.WriteStartObject();
        to.WriteText("text"u8, text);
        to.WriteNumber("index"u8, index);
        to.WriteNull("logprobs"u8);
        if (finish.IsText()) { to.WriteRaw("finish_reason"u8, finish); }
        else { to.WriteNull("finish_reason"u8); }
        to.WriteEndObject();
    }
}
