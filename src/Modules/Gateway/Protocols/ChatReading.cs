using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>How an answer or a chunk of a chat is read; providers differ in small things.</summary>
internal static class ChatReading
{
    public static JsonElement FirstChoice(JsonElement chat) => chat.Get("choices"u8).Items().FirstOrDefault();

    public static bool IsCall(JsonElement call) => call.Get("function"u8).Get("name"u8) is var name && name.IsText()
        && !name.IsEmptyText();

    /// <summary>Usage without any choice is a chat's last word, even from those who leave out how it ended.</summary>
    public static bool IsLastWord(JsonElement chunk) => chunk.Get("usage"u8).IsObject()
        && chunk.Get("choices"u8) is { ValueKind: JsonValueKind.Array } choices && choices.GetArrayLength() == 0;

    /// <summary>The stop sequence that ended it; only some tell.</summary>
    public static JsonElement Matched(JsonElement choice) => choice.Get("stop_reason"u8);

    /// <summary>The id an answer came with, or a new one, with what the caller's format begins ids with.</summary>
    public static RawText Id(ReadOnlySpan<byte> prefix, JsonElement id)
    {
        var text = new RawText();
        if (!id.Inside().StartsWith(prefix)) { text.Add(prefix); }
        if (id.Inside().IsEmpty) { text.Add(Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(24, true))); }
        return text.Add(id.Inside());
    }

    public static long Created(JsonElement chat) =>
        chat.Get("created"u8) is { ValueKind: JsonValueKind.Number } created ? created.Count() : Now();

    /// <summary>Answers of Anthropic's carry no time, and OpenAI's have to.</summary>
    public static long Now() => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
}
