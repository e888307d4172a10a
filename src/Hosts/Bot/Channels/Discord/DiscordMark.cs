using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Wopr.Bot.Channels.Discord;

/// <summary>From where Discord goes on telling.</summary>
/// <param name="Session">Null: it is over, and another one begins.</param>
/// <param name="Address">Where this session is resumed; null: where any is.</param>
/// <param name="Number">Of the last thing that is on the disk.</param>
/// <param name="IsBehind">A session ended before all of it was heard: what was said then has to be looked up.</param>
/// <param name="Rooms">Where somebody spoke with the bot, the latest last.</param>
internal sealed record DiscordMark(
    string? Session, string? Address, long Number, string Self, string Account, bool IsBehind, IReadOnlyList<DiscordPlace> Rooms)
{
    private const int RoomsMax = 50;

    /// <summary>Null when there is none, or it cannot be read.</summary>
    public static DiscordMark? Read(string? text)
    {
        if (text is null) { return null; }
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            var mark = JsonElement.ParseValue(ref reader);
            return mark.Number("number") is { } number && mark.Text("self") is { } self
                ? new(mark.Text("session"), mark.Text("address"), number, self, mark.Text("account") ?? "", mark.IsSet("behind"),
                    [.. Places(mark, "direct", isDirect: true), .. Places(mark, "rooms", isDirect: false)])
                : null;
        }
        catch (JsonException) { return null; }
    }

    public DiscordMark Past(ChannelMessage message, bool isDirect)
    {
        var known = Rooms.FirstOrDefault(room => room.Id == message.Conversation);
        if (known is not null && Order(known.Last) >= Order(message.Id)) { return this; }
        return this with
        {
            Rooms = [.. Rooms.Where(room => room != known).TakeLast(RoomsMax - 1), new(message.Conversation, message.Id, isDirect)],
        };
    }

    public string Write() => Encoding.UTF8.GetString(ChatJson.Write(json =>
    {
        if (Session is not null) { json.WriteString("session", Session); }
        if (Address is not null) { json.WriteString("address", Address); }
        json.WriteNumber("number", Number);
        json.WriteString("self", Self);
        json.WriteString("account", Account);
        if (IsBehind) { json.WriteBoolean("behind", true); }
        Write(json, "direct", Rooms.Where(room => room.IsDirect));
        Write(json, "rooms", Rooms.Where(room => !room.IsDirect));
    }));

    /// <summary>Discord's ids grow with time.</summary>
    public static ulong Order(string id) => ulong.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static IEnumerable<DiscordPlace> Places(JsonElement mark, string name, bool isDirect) =>
        mark.Part(name) is { ValueKind: JsonValueKind.Object } rooms
            ? rooms.EnumerateObject().Where(room => room.Value.ValueKind == JsonValueKind.String)
                .Select(room => new DiscordPlace(room.Name, room.Value.GetString()!, isDirect))
            : [];

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<DiscordPlace> rooms)
    {
        json.WriteStartObject(name);
        foreach (var room in rooms) { json.WriteString(room.Id, room.Last); }
        json.WriteEndObject();
    }
}

/// <param name="Last">The last message there that is on the disk.</param>
internal sealed record DiscordPlace(string Id, string Last, bool IsDirect);
