using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Telegram;

/// <summary>Arguments come in the address, in a form or as JSON; in a form what is not plain is JSON again.</summary>
internal sealed class TelegramArguments(Dictionary<string, JsonNode?> values)
{
    public static async Task<TelegramArguments> ReadAsync(HttpRequest request)
    {
        Dictionary<string, JsonNode?> values = new(StringComparer.Ordinal);
        foreach (var (name, value) in request.Query) { values[name] = value.ToString(); }
        if (request.HasFormContentType)
        {
            foreach (var (name, value) in await request.ReadFormAsync(request.HttpContext.RequestAborted)) { values[name] = value.ToString(); }
        }
        else if (request.HasJsonContentType())
        {
            try
            {
                var body = await JsonNode.ParseAsync(request.Body, cancellationToken: request.HttpContext.RequestAborted);
                foreach (var (name, value) in body?.AsObject() ?? []) { values[name] = value?.DeepClone(); }
            }
            catch (Exception fault) when (fault is JsonException or InvalidOperationException) { throw new FormatException("Not JSON.", fault); }
        }
        return new(values);
    }

    public string? Text(string name) => values.GetValueOrDefault(name) switch
    {
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        null => null,
        var other => other.ToJsonString(),
    };

    public long? Number(string name) =>
        long.TryParse(Text(name), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    public JsonObject? Object(string name)
    {
        try
        {
            return values.GetValueOrDefault(name) as JsonObject ?? (Text(name) is { } text ? JsonNode.Parse(text) as JsonObject : null);
        }
        catch (JsonException) { return null; }
    }
}
