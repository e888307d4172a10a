using System.Text;

namespace Wopr.Sandbox.Models;

/// <summary>
/// How tokens are counted here: four bytes of UTF-8 make one, rounded up for each text; a message adds four, an image
/// 765. A tool that is offered counts as the JSON it is described with; a call of it as its name and its arguments.
/// </summary>
internal static class Tokens
{
    public const int PerMessage = 4;
    public const int PerImage = 765;
    private const int Bytes = 4;

    public static long Of(ReadOnlySpan<char> text) => OfBytes(Encoding.UTF8.GetByteCount(text));

    public static long OfBytes(long bytes) => (bytes + Bytes - 1) / Bytes;

    /// <summary>As much of the text as that many tokens hold, never half a character.</summary>
    public static string Cut(string text, long tokens)
    {
        var bytes = 0L;
        var at = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (OfBytes(bytes) > tokens) { return text[..at]; }
            at += rune.Utf16SequenceLength;
        }
        return text;
    }
}
