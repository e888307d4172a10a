using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Kernel;

/// <summary>Reads text that PostgreSQL can keep: no NUL, and no half of a character.</summary>
public sealed class PlainText : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        try
        {
            var text = reader.GetString();
            return text is null || !text.Contains('\0', StringComparison.Ordinal) ? text : throw new JsonException();
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate escape is valid JSON and no text; so is a value of another type.
            throw new JsonException();
        }
    }

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
