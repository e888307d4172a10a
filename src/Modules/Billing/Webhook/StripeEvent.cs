using System.Text.Json;
using System.Text.RegularExpressions;

namespace Wopr.Billing;

/// <summary>An object of Stripe's as an event carries it. A field that is missing or of another type reads as null.</summary>
internal readonly partial record struct StripeObject(JsonElement Json)
{
    public StripeObject? Object(string name) =>
        Field(name) is { ValueKind: JsonValueKind.Object } value ? new(value) : null;

    public StripeObject? First(string name) =>
        Field(name) is { ValueKind: JsonValueKind.Array } values && values.GetArrayLength() > 0
        && values[0].ValueKind == JsonValueKind.Object ? new(values[0]) : null;

    /// <summary>A word of Stripe's or an id, ours or theirs; never free text.</summary>
    public string? Word(string name)
    {
        if (Field(name) is not { ValueKind: JsonValueKind.String } value) { return null; }
        try
        {
            return value.GetString() is { } text && Plain().IsMatch(text) ? text : null;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair.
            return null;
        }
    }

    /// <summary>The id of another object, which may stand there whole.</summary>
    public string? Id(string name) => Word(name) ?? Object(name)?.Word("id");

    public long? Number(string name) =>
        Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    public bool? Flag(string name) => Field(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => null,
    };

    public DateTimeOffset? Time(string name) =>
        Number(name) is >= 0 and < 100_000_000_000 and var seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;

    /// <summary>Whether the field says anything, be it nonsense.</summary>
    public bool IsPresent(string name) => Field(name) is { ValueKind: not JsonValueKind.Null };

    public string? Metadata(string name) => Object("metadata")?.Word(name);

    private JsonElement? Field(string name) =>
        Json.ValueKind == JsonValueKind.Object && Json.TryGetProperty(name, out var value) ? value : null;

    [GeneratedRegex(@"^[A-Za-z0-9_.\-]{1,255}\z")]
    private static partial Regex Plain();
}

/// <param name="IsLive">False for what happened in Stripe's test mode.</param>
internal sealed record StripeEvent(
    string Id, string Type, DateTimeOffset CreatedAt, bool IsLive, StripeObject Object, string Body)
{
    public string? ObjectId => Object.Word("id");

    public static StripeEvent? TryParse(string body)
    {
        JsonElement json;
        try
        {
            json = JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
        var root = new StripeObject(json);
        if (root.Word("id") is not { } id || root.Word("type") is not { } type
            || root.Object("data")?.Object("object") is not { } thing)
        {
            return null;
        }
        return new(id, type, root.Time("created") ?? DateTimeOffset.UnixEpoch, root.Flag("livemode") ?? false, thing, body);
    }
}
