using System.Buffers;
using System.Text.Json;

namespace Wopr.Bot.Channels;

/// <summary>Reading what somebody else wrote: whatever is not there, or is something else, is nothing.</summary>
internal static class ChatJson
{
    public static JsonElement? Part(this JsonElement from, string name) =>
        from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value : null;

    public static string? Text(this JsonElement from, string name) =>
        from.Part(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static long? Number(this JsonElement from, string name) =>
        from.Part(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public static bool IsSet(this JsonElement from, string name) => from.Part(name) is { ValueKind: JsonValueKind.True };

    public static byte[] Write(Action<Utf8JsonWriter> members)
    {
        ArrayBufferWriter<byte> buffer = new(256);
        using Utf8JsonWriter json = new(buffer);
        json.WriteStartObject();
        members(json);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
