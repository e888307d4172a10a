using System.Text.Json;

namespace Wopr.Bot.Channels.Discord;

/// <summary>What of all that is said on Discord is said to the bot.</summary>
internal static class DiscordMessages
{
    private const int IdMax = 20;
    private const int Plain = 0;
    private const int Reply = 19;

    public static bool IsId(string? text) => text is { Length: > 0 and <= IdMax } && !text.AsSpan().ContainsAnyExceptInRange('0', '9');

    /// <summary>As the gateway tells it; what is looked up does not say where it stands.</summary>
    public static bool IsDirect(JsonElement message) => message.Text("guild_id") is null;

    /// <summary>Null: not for the bot.</summary>
    /// <param name="self">The bot's own id.</param>
    public static ChannelMessage? Read(JsonElement message, string self, bool isDirect)
    {
        if (message.Part("author") is not { } author || author.Text("id") is not { } sender || sender == self
            || author.IsSet("bot") || author.IsSet("system") || message.Text("webhook_id") is not null)
        {
            return null;
        }
        if (message.Number("type") is not (Plain or Reply)) { return null; }
        var (id, room) = (message.Text("id"), message.Text("channel_id"));
        if (!IsId(id) || !IsId(room) || !IsId(sender)) { return null; }
        if (!isDirect && !IsMentioned(message, self)) { return null; }
        return new(id!, room!, sender, Words(message, self), isDirect ? null : id, author.Text("global_name") ?? author.Text("username"));
    }

    // Also who answers one of the bot's messages means the bot.
    private static bool IsMentioned(JsonElement message, string self) =>
        (message.Part("mentions") is { ValueKind: JsonValueKind.Array } mentions
            && mentions.EnumerateArray().Any(user => user.Text("id") == self))
        || message.Part("referenced_message")?.Part("author")?.Text("id") == self;

    private static string Words(JsonElement message, string self)
    {
        var text = (message.Text("content") ?? "").Replace($"<@{self}>", "", StringComparison.Ordinal)
            .Replace($"<@!{self}>", "", StringComparison.Ordinal).Trim();
        return text.Length == 0 && message.Part("attachments") is { ValueKind: JsonValueKind.Array } files && files.GetArrayLength() > 0
            ? "(A file without words. Files from here cannot be read.)"
            : text;
    }
}
