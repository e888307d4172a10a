using System.Text.Json;

namespace Wopr.Bot.Channels.Slack;

/// <summary>What of all that Slack tells is said to the bot.</summary>
internal static class SlackMessages
{
    private const int IdMax = 32;

    /// <summary>Null: not for the bot.</summary>
    public static ChannelMessage? Read(JsonElement payload, SlackSelf self)
    {
        if (payload.Part("event") is not { } said || said.Text("bot_id") is not null) { return null; }
        var (room, stamp, sender) = (said.Text("channel"), said.Text("ts"), said.Text("user"));
        if (!IsId(room) || !IsId(sender) || !IsStamp(stamp) || sender == self.UserId) { return null; }
        // Edits, joins and the like are messages too, of a kind of their own.
        if (said.Text("subtype") is not (null or "file_share" or "thread_broadcast")) { return null; }
        // In a channel whoever mentions the bot is heard as a mention, and also as a message like any other.
        var isForBot = said.Text("type") switch
        {
            "app_mention" => true,
            "message" => said.Text("channel_type") == "im",
            _ => false,
        };
        if (!isForBot) { return null; }
        var thread = said.Text("thread_ts") is { } named && IsStamp(named) ? named : null;
        var text = SlackText.Read(said.Text("text") ?? "", self.UserId);
        if (text.Length == 0 && said.Part("files") is { ValueKind: JsonValueKind.Array } files && files.GetArrayLength() > 0)
        {
            text = "(A file without words. Files from here cannot be read.)";
        }
        return new($"{room}-{stamp}", thread is null ? room! : $"{room}-{thread}", sender!, text);
    }

    /// <summary>Where a reply goes; the thread is null when it is none.</summary>
    public static (string Room, string? Thread)? Place(string conversation) => conversation.Split('-', 2) switch
    {
        [var room] when IsId(room) => (room, null),
        [var room, var thread] when IsId(room) && IsStamp(thread) => (room, thread),
        _ => null,
    };

    private static bool IsId(string? text) => text is { Length: > 0 and <= IdMax } && text.All(char.IsAsciiLetterOrDigit);

    private static bool IsStamp(string? text) =>
        text is { Length: > 0 and <= IdMax } && text.All(letter => char.IsAsciiDigit(letter) || letter == '.');
}

/// <summary>Who the bot is there.</summary>
internal sealed record SlackSelf(string UserId, string Account);
