using System.Text.Encodings.Web;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>What every translation writes with.</summary>
internal static class Writing
{
    // Nothing here is ever put into a page.
    public static JsonWriterOptions Options { get; } =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static void WriteRaw(this Utf8JsonWriter writer, JsonElement value) =>
        writer.WriteRawValue(value.Raw(), skipInputValidation: true);

    public static void WriteRaw(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement value)
    {
        writer.WritePropertyName(name);
        writer.WriteRaw(value);
    }

    /// <summary>The value when it is a text, else an empty text.</summary>
    public static void WriteText(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement value)
    {
        if (value.IsText()) { writer.WriteRaw(name, value); }
        else { writer.WriteString(name, ""u8); }
    }

    public static void WriteText(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, RawText value)
    {
        writer.WritePropertyName(name);
        value.WriteTo(writer);
    }

    /// <summary>An object as the text of its JSON, which is how chat carries what a tool is called with.</summary>
    public static void WriteAsText(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement value) =>
        writer.WriteString(name, value.IsObject() ? value.Raw() : "{}"u8);

    /// <summary>The object a text spells; an empty one when it spells none.</summary>
    public static void WriteAsObject(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, JsonElement text)
    {
        writer.WritePropertyName(name);
        using var read = Json.Parse(text.Bytes().ToArray());
        writer.WriteRawValue(read is null ? "{}"u8 : read.RootElement.Raw(), skipInputValidation: true);
    }
}
