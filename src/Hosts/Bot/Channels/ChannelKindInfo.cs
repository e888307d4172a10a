using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>What a kind of channel needs, and how one is made.</summary>
/// <param name="DropsDoubles">The service drops a piece whose nonce it had: after a crash it may be sent again.</param>
internal sealed record ChannelKindInfo(
    ChannelKind Kind, bool DropsDoubles, IReadOnlyList<ChannelSetting> Settings,
    Func<IReadOnlyDictionary<string, string>, ChannelContext, Channel> Make, SendLimits? Limits = null);

/// <summary>How long a piece is tried that did not go through.</summary>
/// <param name="TriesMax">Null: as often as there is time for.</param>
internal sealed record SendLimits(int? TriesMax, TimeSpan DelayMax, TimeSpan PatienceMax)
{
    public static SendLimits Usual { get; } = new(null, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
}

/// <param name="Fault">A sentence that says what to do when the value cannot be right; null when it may be.</param>
internal sealed record ChannelSetting(string Name, bool IsSecret, bool IsRequired, Func<string, string?> Fault);
