using System.Net;
using System.Net.Sockets;

namespace Wopr.Bot.Channels.Webhooks;

/// <summary>
/// Calls addresses that somebody named, and never our own network: the name is judged when connecting, and the judged
/// address is the one connected to.
/// </summary>
internal static class PublicNetwork
{
    private static readonly IPNetwork[] s_closed =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
            "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
            "224.0.0.0/4", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
        ]).Select(text => IPNetwork.Parse(text)),
    ];

    private static readonly IPNetwork s_open6 = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    public static HttpClient Client(bool mayCallPrivate)
    {
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            MaxResponseHeadersLength = 16,
            PooledConnectionLifetime = TimeSpan.FromMinutes(1),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        if (!mayCallPrivate) { handler.ConnectCallback = ConnectAsync; }
        return new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) { return IsPublic(address.MapToIPv4()); }
        if (s_translated.Contains(address)) { return IsPublic(new IPAddress(address.GetAddressBytes()[12..])); }
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !s_open6.Contains(address)) { return false; }
        return !s_closed.Any(network => network.Contains(address));
    }

    public static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken ct)
    {
        IPAddress[] addresses;
        try { addresses = await Dns.GetHostAddressesAsync(host, ct); }
        catch (SocketException fault) { throw new ChannelException("The address for replies cannot be found.", cause: fault); }
        return addresses.Length > 0 && addresses.All(IsPublic)
            ? addresses
            : throw new ChannelException("The address for replies leads into a private network, which is not called.", isFinal: true);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var addresses = await ResolveAsync(context.DnsEndPoint.Host, ct);
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
