using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Auth;

/// <summary>
/// A moment as JavaScript writes it, in milliseconds: better-auth's client takes every further digit for more of them,
/// and would be minutes off.
/// </summary>
internal sealed class JavaScriptTime : JsonConverter<DateTimeOffset>
{
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
}
