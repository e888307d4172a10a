using System.Net;
using System.Net.Sockets;

namespace Wopr.Kernel;

/// <summary>By what callers without a name are told apart.</summary>
public static class CallerAddress
{
    // One household or server has a whole /64 of IPv6.
    public static string Of(IPAddress? address)
    {
        if (address is null) { return "unknown"; }
        if (address.IsIPv4MappedToIPv6) { return address.MapToIPv4().ToString(); }
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address)) { return address.ToString(); }
        var bytes = address.GetAddressBytes();
        Array.Clear(bytes, 8, 8);
        return new IPAddress(bytes) + "/64";
    }
}
