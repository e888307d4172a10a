using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>
/// The keys that bots and nodes link with. They are computed and never stored: a bot's ends with its generation, a node's
/// with <c>NODE_SECRET</c>.
/// </summary>
internal sealed partial class LinkKeys(Vault vault, LinksOptions options)
{
    private const string Label = "bot-link";

    public string ForBot(Guid id, int generation)
    {
        var named = string.Create(CultureInfo.InvariantCulture, $"{id:N}_{generation}");
        return $"wopr_bot_{named}_{Hex(vault.MacKeys(Label)[0], BotText(id, generation))}";
    }

    /// <summary>Null when there is no secret that nodes share.</summary>
    public string? ForNode(string id) =>
        options.NodeSecret is { } secret ? $"wopr_node_{id}_{Hex(Encoding.UTF8.GetBytes(secret), $"node-link:{id}")}" : null;

    /// <summary>Whose key it is; null when it is nobody's.</summary>
    public LinkPeer? Open(string key)
    {
        if (BotKey().Match(key) is { Success: true } bot
            && int.TryParse(bot.Groups["generation"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var generation))
        {
            var id = Guid.ParseExact(bot.Groups["id"].ValueSpan, "N");
            var text = BotText(id, generation);
            var fits = false;
            // All are looked at, so that the time it takes tells nothing.
            foreach (var root in vault.MacKeys(Label)) { fits |= Same(bot.Groups["mac"].Value, Hex(root, text)); }
            return fits ? LinkPeer.Bot(id, generation) : null;
        }
        if (NodeKey().Match(key) is { Success: true } node)
        {
            var id = node.Groups["id"].Value;
            return ForNode(id) is { } right && Same(key, right) ? LinkPeer.Node(id) : null;
        }
        return null;
    }

    private static string BotText(Guid id, int generation) => string.Create(CultureInfo.InvariantCulture, $"{id:N}:{generation}");

    private static string Hex(byte[] key, string text) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    private static bool Same(string one, string other) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    [GeneratedRegex(@"\Awopr_bot_(?<id>[0-9a-f]{32})_(?<generation>[0-9]{1,10})_(?<mac>[0-9a-f]{64})\z")]
    private static partial Regex BotKey();

    [GeneratedRegex(@"\Awopr_node_(?<id>[A-Za-z0-9][A-Za-z0-9.-]{0,62})_(?<mac>[0-9a-f]{64})\z")]
    private static partial Regex NodeKey();
}
