using System.Buffers;

namespace Wopr.Bot.Sessions;

/// <summary>A session's name is the name of its file.</summary>
internal static class SessionName
{
    public const int LengthMax = 64;

    // Sessions of channels are called channel-conversation. Whoever talks there is not the owner.
    private static readonly string[] s_channels = ["discord", "slack", "telegram", "webhook"];

    private static readonly SearchValues<char> s_letters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    public static bool IsValid(string? name) => name is { Length: > 0 and <= LengthMax } && name[0] != '.'
        && !name.AsSpan().ContainsAnyExcept(s_letters);

    /// <summary>Null: the owner's own.</summary>
    public static string? ChannelOf(string name) => s_channels.FirstOrDefault(channel =>
        name.Length > channel.Length && name[channel.Length] == '-'
        && name.StartsWith(channel, StringComparison.OrdinalIgnoreCase));
}
