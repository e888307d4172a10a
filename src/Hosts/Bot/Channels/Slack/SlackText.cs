using System.Text;

namespace Wopr.Bot.Channels.Slack;

/// <summary>Between what people read and what Slack carries.</summary>
internal static class SlackText
{
    /// <summary>No word of it means anything to Slack: nobody is called, nothing becomes a command.</summary>
    public static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    /// <summary>Without the bot's own name; links, channels and people as one reads them.</summary>
    public static string Read(string text, string self)
    {
        StringBuilder read = new(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var end = text[at] == '<' ? text.IndexOf('>', at) : -1;
            if (end < 0) { read.Append(text[at++]); continue; }
            read.Append(Reference(text[(at + 1)..end], self));
            at = end + 1;
        }
        return read.ToString().Trim().Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal)
            .Replace("&amp;", "&", StringComparison.Ordinal);
    }

    private static string Reference(string inside, string self)
    {
        var (target, label) = inside.Split('|', 2) is [var first, var second] ? (first, second) : (inside, null);
        if (target.StartsWith('@')) { return target == $"@{self}" ? "" : $"@{label ?? target[1..]}"; }
        if (target.StartsWith('#')) { return $"#{label ?? target[1..]}"; }
        if (target.StartsWith('!')) { return $"@{label ?? target[1..]}"; }
        return label is null || label == target ? target : $"{label} ({target})";
    }
}
