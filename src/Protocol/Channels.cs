namespace Wopr.Protocol;

public enum ChannelKind { Discord, Slack, Telegram, Webhook }

public enum ChannelState
{
    Off,
    Connecting,
    Connected,

    /// <summary>It will try again by itself; its problem says why it must.</summary>
    Waiting,

    /// <summary>It needs its owner; its problem says what to do.</summary>
    Failed,
}

/// <param name="Settings">A secret that is left out stays as it is.</param>
public sealed record ChannelPut(
    string Id, ChannelKind Kind, string Name, bool IsEnabled, IReadOnlyDictionary<string, string> Settings);

/// <param name="Settings">Of a secret: "…" and its last four letters.</param>
/// <param name="Account">Who the bot is there.</param>
/// <param name="Unsent">Replies that were not sent, or may not have arrived.</param>
public sealed record ChannelView(
    string Id, ChannelKind Kind, string Name, bool IsEnabled, IReadOnlyDictionary<string, string> Settings,
    ChannelState State, DateTimeOffset Since, string? Problem, string? Account, int Unsent);

public sealed record ChannelList(IReadOnlyList<ChannelView> Channels);

public sealed record ChannelAsk(string Id);

public sealed record ChannelTest(bool Works, string? Account, string? Problem);

/// <param name="Part">Of a reply that was too long for one message; counts up from 0.</param>
/// <param name="MayHaveArrived">Nobody knows: sent again it may be there twice.</param>
public sealed record UnsentReply(
    string Channel, Guid TurnId, int Part, string Conversation, string Text, string Problem, DateTimeOffset At, bool MayHaveArrived);

/// <param name="Channel">Null: of all channels.</param>
public sealed record UnsentAsk(string? Channel);

/// <param name="HasMore">There are more than fit; those that came first are here.</param>
public sealed record UnsentList(IReadOnlyList<UnsentReply> Replies, bool HasMore);

public sealed record UnsentPart(string Channel, Guid TurnId, int Part);

/// <summary>What somebody posted to a webhook of the bot, as it came: the bot knows the secret, nobody else does.</summary>
/// <param name="Delivery">The sender's own id of it; the same again is the same message.</param>
public sealed record HookAsk(string Channel, string? Delivery, string? Signature, byte[] Body);

public sealed record HookHeard(Guid TurnId);
