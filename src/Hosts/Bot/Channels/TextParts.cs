namespace Wopr.Bot.Channels;

/// <summary>A long text in parts, cut between lines where that is possible, then between words, never inside a letter.</summary>
internal static class TextParts
{
    public static IReadOnlyList<string> Split(string text, int max)
    {
        List<string> parts = [];
        var rest = text.AsSpan().Trim();
        while (rest.Length > max)
        {
            var end = End(rest, max);
            if (rest[..end].TrimEnd() is { Length: > 0 } part) { parts.Add(part.ToString()); }
            rest = rest[end..].TrimStart("\r\n ");
        }
        if (rest.Length > 0) { parts.Add(rest.ToString()); }
        return parts;
    }

    private static int End(ReadOnlySpan<char> text, int max)
    {
        // A part that is almost empty reads worse than a line that is cut.
        var least = max / 2;
        var window = text[..(max + 1)];
        if (window.LastIndexOf('\n') is var line && line >= least) { return line; }
        if (window.LastIndexOf(' ') is var word && word >= least) { return word; }
        return char.IsLowSurrogate(text[max]) && char.IsHighSurrogate(text[max - 1]) ? max - 1 : max;
    }
}
