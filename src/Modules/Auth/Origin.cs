using System.Net;
using Microsoft.AspNetCore.Http;

namespace Wopr.Auth;

/// <summary>Where a request came from, as far as we can tell.</summary>
public sealed record Origin(string? IpAddress, string? UserAgent)
{
    private const int UserAgentMax = 500;

    internal static Origin Of(HttpContext context) => new(
        context.Connection.RemoteIpAddress is { } address ? Plain(address).ToString() : null,
        context.Request.Headers.UserAgent.ToString() switch
        {
            "" => null,
            { Length: > UserAgentMax } agent => agent[..UserAgentMax],
            var agent => agent,
        });

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
