using Microsoft.Extensions.Options;

namespace Wopr.Auth;

/// <summary>The origins that browsers may act from and be sent back to: the dashboard's and our own.</summary>
public sealed class TrustedUrls(IOptions<AuthOptions> options)
{
    private readonly HashSet<string> _origins =
        [.. options.Value.UiOrigins.Select(origin => origin.TrimEnd('/')), options.Value.BaseUrl.GetLeftPart(UriPartial.Authority)];

    public bool IsOrigin(string origin) => _origins.Contains(origin);

    /// <summary>Where a link leads when nobody said: the dashboard.</summary>
    public string Dashboard(string path) => options.Value.UiOrigins[0].TrimEnd('/') + path;

    public string Platform(string path) => options.Value.BaseUrl.GetLeftPart(UriPartial.Authority) + path;

    /// <summary>The full address to send a browser to, or null when it leads to strangers. A path is one of the dashboard's.</summary>
    public string? Target(string? url, string otherwise)
    {
        if (string.IsNullOrEmpty(url)) { return Dashboard(otherwise); }
        if (url.Any(letter => letter is '\\' or <= ' ' or '\x7f')) { return null; }
        if (url[0] == '/') { return url.StartsWith("//", StringComparison.Ordinal) ? null : Dashboard(url); }
        return Uri.TryCreate(url, UriKind.Absolute, out var full) && full.UserInfo.Length == 0
            && IsOrigin(full.GetLeftPart(UriPartial.Authority))
                ? url
                : null;
    }

    public static string With(string url, string name, string value)
    {
        var hash = url.IndexOf('#', StringComparison.Ordinal) is var at and >= 0 ? url[at..] : "";
        var rest = url[..(url.Length - hash.Length)];
        return $"{rest}{(rest.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{name}={Uri.EscapeDataString(value)}{hash}";
    }
}
