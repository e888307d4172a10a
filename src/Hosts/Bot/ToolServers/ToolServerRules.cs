using System.Text.RegularExpressions;
using Wopr.Protocol;

namespace Wopr.Bot.ToolServers;

/// <summary>What may be written down of a server of tools.</summary>
internal static partial class ToolServerRules
{
    private const int NameMax = 100;
    private const int HeadersMax = 10;
    private const int HeaderMax = 4_000;

    private static readonly HashSet<string> s_ours = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Content-Type", "Content-Length", "Transfer-Encoding", "Connection", "Accept", "Mcp-Session-Id", "Mcp-Protocol-Version",
    };

    /// <summary>As it is to be kept.</summary>
    /// <param name="needsKeys">Not of what an archive brings: its keys come later.</param>
    public static KeptToolServer Check(ToolServerPut put, KeptToolServer? before, bool needsKeys = true)
    {
        if (put.Id is null || !Id().IsMatch(put.Id))
        {
            throw Refusals.ToolServer("The id of a server of tools is 1 to 24 small letters, digits or dashes.");
        }
        if (string.IsNullOrWhiteSpace(put.Name) || put.Name.Length > NameMax || put.Name.Any(char.IsControl))
        {
            throw Refusals.ToolServer("Give the server of tools a name of at most 100 characters.");
        }
        if (!Uri.TryCreate(put.Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0)
        {
            throw Refusals.ToolServer("Give the server's address, like https://tools.example.com/mcp. A key belongs into a header.");
        }
        var headers = put.Headers ?? new Dictionary<string, string?>();
        if (headers.Count > HeadersMax) { throw Refusals.ToolServer("A server of tools is sent at most ten headers."); }
        // A secret goes nowhere but where it was given for.
        var known = before is not null && Origin(before.Url) == Origin(put.Url) ? before.Headers : new Dictionary<string, string>();
        Dictionary<string, string> kept = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, given) in headers)
        {
            if (!HeaderName().IsMatch(name) || s_ours.Contains(name)) { throw Refusals.ToolServer($"The header {Shown(name)} cannot be set."); }
            var value = given ?? known.GetValueOrDefault(name) ?? "";
            if (value.Length == 0 && needsKeys)
            {
                throw Refusals.ToolServer($"Say what the header {name} is, because the address is another one or it was not set.");
            }
            if (value.Length > HeaderMax || value.Any(letter => letter is < ' ' or > '~'))
            {
                throw Refusals.ToolServer($"The header {name} may have {HeaderMax} plain characters.");
            }
            kept[name] = value;
        }
        return new(put.Id, put.Name.Trim(), url.AbsoluteUri, put.IsEnabled, kept);
    }

    /// <summary>Keys stand in headers, and sometimes behind the question mark of an address.</summary>
    public static KeptToolServer WithoutKeys(KeptToolServer kept)
    {
        Uri url = new(kept.Url);
        return kept with
        {
            Url = url.GetLeftPart(UriPartial.Path) + (url.Query.Length > 0 ? "?" : ""),
            IsEnabled = false,
            Headers = kept.Headers.Keys.ToDictionary(name => name, _ => "", StringComparer.OrdinalIgnoreCase),
        };
    }

    public static bool LacksKeys(KeptToolServer kept) =>
        kept.Url.EndsWith('?') || kept.Headers.Values.Any(value => value.Length == 0);

    /// <summary>One that came with an archive.</summary>
    public static KeptToolServer Brought(KeptToolServer kept) => WithoutKeys(Check(
        new(kept.Id, kept.Name, kept.Url, kept.IsEnabled, kept.Headers.ToDictionary(header => header.Key, _ => (string?)null)),
        before: null, needsKeys: false));

    private static string Origin(string url) => new Uri(url).GetLeftPart(UriPartial.Authority);

    private static string Shown(string name) => name.Length <= 40 ? name : name[..40];

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9-]{0,23}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();

    [GeneratedRegex(@"\A[A-Za-z0-9-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex HeaderName();
}
