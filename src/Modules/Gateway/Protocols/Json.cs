using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// Reads JSON of strangers. Values are carried over as the bytes they came as, so that no number loses digits and
/// no text is decoded in vain: half a surrogate pair, which streams do send, passes unharmed.
/// </summary>
internal static class Json
{
    public const int DepthMax = 64;

    /// <summary>Null when it is not one JSON object of bounded depth in valid UTF-8.</summary>
    public static JsonDocument? Parse(ReadOnlyMemory<byte> text)
    {
        if (!Utf8.IsValid(text.Span) || !HasReadableNames(text.Span)) { return null; }
        var document = JsonDocument.Parse(text, new() { MaxDepth = DepthMax });
        if (document.RootElement.ValueKind == JsonValueKind.Object) { return document; }
        document.Dispose();
        return null;
    }

    /// <summary>Nothing when it is missing, null, or not looked for in an object.</summary>
    public static JsonElement Get(this JsonElement value, ReadOnlySpan<byte> name) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var found)
            && found.ValueKind != JsonValueKind.Null ? found : default;

    public static JsonElement Get(this JsonElement value, string name) => value.Get(Encoding.UTF8.GetBytes(name));

    public static bool IsMissing(this JsonElement value) =>
        value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;

    public static bool IsText(this JsonElement value) => value.ValueKind == JsonValueKind.String;

    public static bool IsObject(this JsonElement value) => value.ValueKind == JsonValueKind.Object;

    public static bool IsTrue(this JsonElement value) => value.ValueKind == JsonValueKind.True;

    public static bool IsList(this JsonElement value) => value.ValueKind == JsonValueKind.Array;

    public static bool IsNumber(this JsonElement value) => value.ValueKind == JsonValueKind.Number;

    public static bool Is(this JsonElement value, ReadOnlySpan<byte> text) =>
        value.IsText() && value.Bytes().SequenceEqual(text);

    public static JsonElement.ArrayEnumerator Items(this JsonElement value) =>
        value.IsList() ? value.EnumerateArray() : default;

    public static ReadOnlySpan<byte> Raw(this JsonElement value) => JsonMarshal.GetRawUtf8Value(value);

    /// <summary>A text's bytes as they stand between its quotes, escapes and all; empty when it is no text.</summary>
    public static ReadOnlySpan<byte> Inside(this JsonElement value) => value.IsText() ? value.Raw()[1..^1] : default;

    /// <summary>A text's bytes without escapes; empty when it is no text, or none that can be decoded.</summary>
    public static ReadOnlySpan<byte> Bytes(this JsonElement value)
    {
        var inside = value.Inside();
        if (!inside.Contains((byte)'\\')) { return inside; }
        try
        {
            return Encoding.UTF8.GetBytes(value.GetString()!);
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }

    public static bool IsEmptyText(this JsonElement value) => value.IsText() && value.Inside().IsEmpty;

    /// <summary>A count; zero for whatever is none. So bounded that sums of them cannot overflow.</summary>
    public static long Count(this JsonElement value)
    {
        if (!value.IsNumber()) { return 0; }
        if (value.TryGetInt64(out var whole)) { return Math.Clamp(whole, 0, 1L << 50); }
        return value.TryGetDouble(out var number) ? (long)Math.Clamp(number, 0, 1L << 50) : 0;
    }

    /// <summary>The texts of what is one text or a list of parts; whatever else it holds is left out.</summary>
    public static IEnumerable<JsonElement> Texts(JsonElement content)
    {
        if (content.IsText()) { yield return content; }
        foreach (var part in content.Items())
        {
            if (part.IsText()) { yield return part; }
            else if (part.Get("text"u8) is var text && text.IsText()) { yield return text; }
        }
    }

    // JsonElement throws on names that cannot be decoded, but only when somebody looks one up.
    private static bool HasReadableNames(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = DepthMax });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueIsEscaped) { reader.GetString(); }
            }
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
