using System.Runtime.InteropServices;
using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Reads what callers send.</summary>
internal static class ModelJson
{
    public static JsonElement? Field(this JsonElement thing, string name) =>
        thing.ValueKind == JsonValueKind.Object && thing.TryGetProperty(name, out var value)
            && value.ValueKind != JsonValueKind.Null
            ? value : null;

    public static string? Text(this JsonElement thing, string name) =>
        thing.Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool Flag(this JsonElement thing, string name) =>
        thing.Field(name) is { ValueKind: JsonValueKind.True };

    public static long RawTokens(this JsonElement thing) => Tokens.OfBytes(JsonMarshal.GetRawUtf8Value(thing).Length);

    /// <summary>The kind of a value in the words of OpenAI's refusals.</summary>
    public static string Kind(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "an integer" : "a decimal",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => "null",
    };
}
