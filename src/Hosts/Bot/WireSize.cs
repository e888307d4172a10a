namespace Wopr.Bot;

/// <summary>A frame of the link holds 1 MB; what is sent in it may need six bytes for a letter.</summary>
internal static class WireSize
{
    public const int PageMax = 600_000;

    public static int Of(string text)
    {
        var size = 0;
        foreach (var letter in text) { size += char.IsAsciiLetterOrDigit(letter) || letter is ' ' or '.' or ',' ? 1 : 6; }
        return size;
    }
}
