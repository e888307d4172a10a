using System.Globalization;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Discord;

/// <summary>Things as Discord writes them.</summary>
internal static class DiscordJson
{
    private const int ReplyType = 19;

    public static JsonObject User(DiscordUser user) => new()
    {
        ["id"] = user.Id,
        ["username"] = user.Name,
        ["discriminator"] = "0",
        ["global_name"] = user.IsBot ? null : user.Name,
        ["avatar"] = null,
        ["bot"] = user.IsBot,
        ["system"] = false,
        ["public_flags"] = 0,
    };

    public static JsonObject Me(DiscordUser user)
    {
        var me = User(user);
        me["verified"] = true;
        me["mfa_enabled"] = false;
        me["locale"] = "en-US";
        me["flags"] = 0;
        me["email"] = null;
        return me;
    }

    public static JsonObject Room(DiscordBot bot, DiscordRoom room)
    {
        if (room.Person is { } person)
        {
            return new() { ["id"] = room.Id, ["type"] = 1, ["last_message_id"] = null, ["recipients"] = new JsonArray(User(person)) };
        }
        return new()
        {
            ["id"] = room.Id,
            ["type"] = 0,
            ["guild_id"] = bot.GuildId,
            ["name"] = room.Name,
            ["position"] = 0,
            ["permission_overwrites"] = new JsonArray(),
            ["nsfw"] = false,
            ["rate_limit_per_user"] = 0,
            ["topic"] = null,
            ["parent_id"] = null,
            ["last_message_id"] = null,
        };
    }

    public static JsonObject Guild(DiscordBot bot, string now) => new()
    {
        ["id"] = bot.GuildId,
        ["name"] = "Sandbox",
        ["icon"] = null,
        ["owner_id"] = bot.World.Person("ann").Id,
        ["joined_at"] = now,
        ["large"] = false,
        ["unavailable"] = false,
        ["member_count"] = 2,
        ["premium_tier"] = 0,
        ["verification_level"] = 0,
        ["default_message_notifications"] = 0,
        ["explicit_content_filter"] = 0,
        ["mfa_level"] = 0,
        ["nsfw_level"] = 0,
        ["preferred_locale"] = "en-US",
        ["system_channel_flags"] = 0,
        ["afk_timeout"] = 300,
        ["features"] = new JsonArray(),
        ["emojis"] = new JsonArray(),
        ["stickers"] = new JsonArray(),
        ["threads"] = new JsonArray(),
        ["voice_states"] = new JsonArray(),
        ["presences"] = new JsonArray(),
        ["stage_instances"] = new JsonArray(),
        ["guild_scheduled_events"] = new JsonArray(),
        ["soundboard_sounds"] = new JsonArray(),
        ["channels"] = new JsonArray([.. bot.Rooms.Select(room => Room(bot, room))]),
        ["members"] = new JsonArray(Member(bot.User, now)),
        ["roles"] = new JsonArray(new JsonObject
        {
            ["id"] = bot.GuildId,
            ["name"] = "@everyone",
            ["color"] = 0,
            ["hoist"] = false,
            ["position"] = 0,
            ["permissions"] = "8",
            ["managed"] = false,
            ["mentionable"] = false,
            ["flags"] = 0,
        }),
    };

    public static JsonObject Message(
        DiscordBot bot, DiscordRoom room, string id, DiscordUser author, string text, DateTimeOffset at, JsonObject? replyTo)
    {
        var mentions = replyTo?["author"] is JsonObject answered && answered.Text("id") != author.Id
            ? new JsonArray(answered.DeepClone())
            : [];
        if (text.Contains($"<@{bot.User.Id}>", StringComparison.Ordinal) && author != bot.User
            && !mentions.Any(user => user!["id"]!.GetValue<string>() == bot.User.Id))
        {
            mentions.Add(User(bot.User));
        }
        JsonObject message = new()
        {
            ["id"] = id,
            ["type"] = replyTo is null ? 0 : ReplyType,
            ["channel_id"] = room.Id,
            ["author"] = User(author),
            ["content"] = text,
            ["timestamp"] = at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.ffffff+00:00", CultureInfo.InvariantCulture),
            ["edited_timestamp"] = null,
            ["tts"] = false,
            ["mention_everyone"] = false,
            ["mentions"] = mentions,
            ["mention_roles"] = new JsonArray(),
            ["attachments"] = new JsonArray(),
            ["embeds"] = new JsonArray(),
            ["components"] = new JsonArray(),
            ["pinned"] = false,
            ["flags"] = 0,
        };
        if (replyTo is not null)
        {
            message["message_reference"] = new JsonObject { ["type"] = 0, ["channel_id"] = room.Id, ["message_id"] = replyTo.Text("id") };
            var quoted = replyTo.DeepClone().AsObject();
            quoted.Remove("referenced_message");
            message["referenced_message"] = quoted;
        }
        return message;
    }

    public static JsonObject Member(DiscordUser? user, string joined)
    {
        JsonObject member = new()
        {
            ["roles"] = new JsonArray(),
            ["joined_at"] = joined,
            ["deaf"] = false,
            ["mute"] = false,
            ["flags"] = 0,
            ["nick"] = null,
            ["avatar"] = null,
        };
        if (user is not null) { member["user"] = User(user); }
        return member;
    }
}
