using System.Globalization;
using System.Text.Json;

namespace Wopr.Bot.Channels.Telegram;

internal sealed record TelegramMe(long Id, string Name)
{
    public string Account => $"@{Name}";
}

/// <summary>Which updates are said to this bot: all in private chats; in groups commands, mentions and replies to it.</summary>
internal sealed class TelegramReader(TelegramMe me)
{
    public ChannelMessage? Read(JsonElement update)
    {
        if (!update.TryGetProperty("message", out var message) || !message.TryGetProperty("from", out var from)
            || from.TryGetProperty("is_bot", out var isBot) && isBot.GetBoolean()
            || Text(message) is not { } text)
        {
            return null;
        }
        var chat = message.GetProperty("chat");
        var isPrivate = Word(chat, "type") == "private";
        if (!isPrivate && !IsForMe(message, text)) { return null; }
        var number = message.GetProperty("message_id").GetInt64().ToString(CultureInfo.InvariantCulture);
        var chatId = chat.GetProperty("id").GetInt64().ToString(CultureInfo.InvariantCulture);
        var place = Topic(message) is { } topic ? string.Create(CultureInfo.InvariantCulture, $"{chatId}_{topic}") : chatId;
        var sender = from.GetProperty("id").GetInt64().ToString(CultureInfo.InvariantCulture);
        return new($"{chatId}:{number}", place, sender, WithoutMe(text), isPrivate ? null : number, Word(from, "first_name"));
    }

    /// <summary>A conversation is a chat, or a topic of one.</summary>
    public static (long Chat, long? Topic) Place(string conversation)
    {
        var parts = conversation.Split('_');
        return (long.Parse(parts[0], CultureInfo.InvariantCulture),
            parts.Length > 1 ? long.Parse(parts[1], CultureInfo.InvariantCulture) : null);
    }

    private bool IsForMe(JsonElement message, string text)
    {
        if (message.TryGetProperty("reply_to_message", out var replied) && replied.TryGetProperty("from", out var author)
            && author.GetProperty("id").GetInt64() == me.Id)
        {
            return true;
        }
        foreach (var entity in Entities(message))
        {
            var (start, length) = (entity.GetProperty("offset").GetInt32(), entity.GetProperty("length").GetInt32());
            if (start < 0 || length < 0 || start + length > text.Length) { continue; }
            var said = text.AsSpan(start, length);
            switch (Word(entity, "type"))
            {
                case "mention" when said.Equals(me.Account, StringComparison.OrdinalIgnoreCase):
                case "text_mention" when entity.TryGetProperty("user", out var user) && user.GetProperty("id").GetInt64() == me.Id:
                // One that names nobody is for every bot that is there.
                case "bot_command" when start == 0 && (!said.Contains('@') || said.EndsWith(me.Account, StringComparison.OrdinalIgnoreCase)):
                    return true;
            }
        }
        return false;
    }

    private string WithoutMe(string text)
    {
        var words = text.Trim();
        if (words.StartsWith($"{me.Account} ", StringComparison.OrdinalIgnoreCase)) { return words[(me.Account.Length + 1)..].Trim(); }
        var end = words.IndexOf(' ', StringComparison.Ordinal) is var space and >= 0 ? space : words.Length;
        return words.StartsWith('/') && words.AsSpan(0, end).EndsWith(me.Account, StringComparison.OrdinalIgnoreCase)
            ? words.Remove(end - me.Account.Length, me.Account.Length)
            : words;
    }

    private static string? Text(JsonElement message) => Word(message, "text") ?? Word(message, "caption");

    private static IEnumerable<JsonElement> Entities(JsonElement message) =>
        message.TryGetProperty("entities", out var entities) || message.TryGetProperty("caption_entities", out entities)
            ? entities.EnumerateArray()
            : [];

    private static long? Topic(JsonElement message) =>
        message.TryGetProperty("is_topic_message", out var isTopic) && isTopic.ValueKind == JsonValueKind.True
        && message.TryGetProperty("message_thread_id", out var topic) ? topic.GetInt64() : null;

    private static string? Word(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
