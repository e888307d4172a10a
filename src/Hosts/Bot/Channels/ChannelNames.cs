using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using Wopr.Bot.Turns;

namespace Wopr.Bot.Channels;

/// <summary>What a channel's conversations and turns are called inside the bot.</summary>
internal static class ChannelNames
{
    private const int ConversationMax = 24;

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    /// <summary>
    /// Neither an id nor a plain conversation has a dot in it, so that no stranger can choose a conversation that leads into
    /// another one or into the owner's.
    /// </summary>
    public static string Session(KeptChannel channel, string conversation, bool isTrusted)
    {
        var isPlain = conversation.Length is > 0 and <= ConversationMax && !conversation.AsSpan().ContainsAnyExcept(s_plain);
        return $"{Prefix(channel)}{(isPlain ? conversation : $"h.{Hash(conversation, 10)}")}{(isTrusted ? ".owner" : "")}";
    }

    public static string Prefix(KeptChannel channel) => $"{KindName(channel)}-{channel.Id}-";

    public static Guid Turn(KeptChannel channel, string message) => NamedTurn.Id($"{KindName(channel)}:{channel.Id}:{message}");

    public static string Nonce(Guid turn, int part) => Hash($"{turn} {part}", 12);

    private static string KindName(KeptChannel channel) => channel.Kind.ToString().ToLowerInvariant();

    private static string Hash(string text, int bytes) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, bytes));
}
