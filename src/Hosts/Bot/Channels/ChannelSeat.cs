using Wopr.Bot.Channels.Sending;

namespace Wopr.Bot.Channels;

/// <summary>A channel as it is configured now, its replies, and whoever runs it.</summary>
/// <param name="Keeper">Null: it is switched off, or the bot does not run.</param>
internal sealed record ChannelSeat(KeptChannel Kept, ChannelKindInfo? Info, Outbox Outbox, Channel? Channel, ChannelKeeper? Keeper)
{
    /// <summary>Why nothing is sent; null: it is.</summary>
    public string? WhyWaiting => Kept.IsEnabled ? Keeper?.Now.FailedWith : "The channel is switched off.";
}
