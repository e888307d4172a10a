namespace Wopr.Dashboard.Http;

/// <summary>Where to go after signing in; only ever a page of ours.</summary>
internal static class NextUrl
{
    public static string Safe(string? next) => IsLocal(next) ? next! : "/";

    public static string With(string path, string? next) =>
        IsLocal(next) && next != "/" ? $"{path}?next={Uri.EscapeDataString(next!)}" : path;

    // A second slash, or a backslash that browsers read as one, would make it another host.
    private static bool IsLocal(string? next) =>
        next is { Length: > 0 and <= 512 }
        && next[0] == '/'
        && (next.Length == 1 || next[1] is not ('/' or '\\'))
        && !next.Any(letter => char.IsControl(letter) || letter == '\\');
}
