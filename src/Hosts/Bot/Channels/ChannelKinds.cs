using Wopr.Bot.Channels.Telegram;
using Wopr.Bot.Channels.Webhooks;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>Every kind there is.</summary>
internal static class ChannelKinds
{
    private static IReadOnlyList<ChannelKindInfo> All { get; } =
    [
        Discord.DiscordChannel.Kind,
        Slack.SlackChannel.Kind,
        TelegramChannel.Kind,
        WebhookChannel.Kind,
    ];

    public static ChannelKindInfo? Find(ChannelKind kind) => All.FirstOrDefault(known => known.Kind == kind);
}
