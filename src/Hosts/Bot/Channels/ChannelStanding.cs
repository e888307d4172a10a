using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>How a channel is, and since when.</summary>
internal sealed record ChannelStanding(ChannelState State, DateTimeOffset Since, string? Problem, string? Account)
{
    public string? FailedWith => State == ChannelState.Failed ? Problem : null;
}
