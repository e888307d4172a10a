using System.Net;
using System.Net.Sockets;

namespace Wopr.Billing;

/// <summary>Which addresses a tenant may have us call: those of the public Internet, and never our own network.</summary>
internal static class WebhookAddress
{
    private static readonly IPNetwork[] s_closed =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4",
            // Of 2000::/3, which alone is open: tunnels that lead to IPv4, and what stands in books.
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(text => IPNetwork.Parse(text)),
    ];

    private static readonly IPNetwork s_open6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) { return IsPublic(address.MapToIPv4()); }
        if (s_translated.Contains(address)) { return IsPublic(new IPAddress(address.GetAddressBytes()[12..])); }
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !s_open6.Contains(address)) { return false; }
        return !s_closed.Any(network => network.Contains(address));
    }

    /// <summary>The addresses behind a name; throws when any of them is not public, since a name may have both kinds.</summary>
    public static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        var addresses = await Dns.GetHostAddressesAsync(host, ct);
        return addresses.Length > 0 && addresses.All(IsPublic)
            ? addresses
            : throw new WebhookRefusedException("The address leads into a private network, which is not called.");
    }
}

/// <summary>An address that we do not call.</summary>
internal sealed class WebhookRefusedException(string sentence) : Exception(sentence);
