using System.Globalization;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

internal static class ChannelRefusals
{
    public static LinkRefusedException Invalid(string why) => new(new("channel.invalid", why));

    public static LinkRefusedException Unknown(string id) => new(new("channel.not_found", $"The bot has no channel {id}."));

    public static LinkRefusedException TooMany(int max) => new(new("channel.too_many",
        string.Create(CultureInfo.InvariantCulture, $"A bot has at most {max} channels. Delete one first.")));

    public static LinkRefusedException OtherKind(ChannelKind kind) => new(new("channel.other_kind",
        $"There is a channel with this id for {kind}. Give the new one another id, or delete that one first."));

    public static LinkRefusedException NoReply() => new(new("channel.reply_not_found",
        "This reply is not waiting any more: it was sent or discarded."));

    public static LinkRefusedException HookSignature(string why) => new(new("hook.signature", why));

    public static LinkRefusedException HookBody(string why) => new(new("hook.body", why));

    public static LinkRefusedException NoHook() => new(new("hook.not_found",
        "There is no such webhook, or it is switched off."));
}
