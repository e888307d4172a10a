using System.Net;

namespace Wopr.Gateway.Catalogue;

/// <summary>Where a provider may be: keys travel encrypted, except inside networks of our own.</summary>
internal static class UpstreamAddress
{
    private static readonly IPNetwork[] s_private =
    [
        .. ((string[])["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"])
            .Select(text => IPNetwork.Parse(text)),
    ];

    public const string Rule = "must be a full https:// address without user, query or fragment; http:// is for loopback "
        + "and private addresses only.";

    public static bool IsAllowed(Uri url) =>
        url.IsAbsoluteUri && url.UserInfo.Length == 0 && url.Query.Length == 0 && url.Fragment.Length == 0
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && IsPrivate(url)));

    /// <summary>As it is kept: without a slash at its end and without the version that paths begin with.</summary>
    public static Uri Trim(Uri url)
    {
        var text = url.AbsoluteUri.TrimEnd('/');
        return new(text.EndsWith("/v1", StringComparison.Ordinal) ? text[..^3].TrimEnd('/') : text);
    }

    private static bool IsPrivate(Uri url)
    {
        if (url.IsLoopback) { return true; }
        if (IPAddress.TryParse(url.DnsSafeHost, out var address))
        {
            if (address.IsIPv4MappedToIPv6) { address = address.MapToIPv4(); }
            return IPAddress.IsLoopback(address) || s_private.Any(network => network.Contains(address));
        }
        // Names that only a network's own resolver knows: a container's, a machine's.
        return url.HostNameType == UriHostNameType.Dns
            && (!url.Host.Contains('.', StringComparison.Ordinal)
                || url.Host.EndsWith(".internal", StringComparison.OrdinalIgnoreCase)
                || url.Host.EndsWith(".local", StringComparison.OrdinalIgnoreCase));
    }
}
