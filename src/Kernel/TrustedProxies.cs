using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Kernel;

/// <summary>Only the proxies that are named may say where a request came from.</summary>
public static class TrustedProxies
{
    public static void AddTrustedProxies(this IHostApplicationBuilder builder, IEnumerable<string> addresses)
    {
        List<IPAddress> proxies = [];
        foreach (var text in addresses)
        {
            if (IPAddress.TryParse(text, out var address)) { proxies.Add(address); }
        }
        builder.Services.Configure<ForwardedHeadersOptions>(forwarded =>
        {
            // With nobody on its list the framework believes everybody.
            forwarded.ForwardedHeaders = proxies.Count > 0
                ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
                : ForwardedHeaders.None;
            forwarded.KnownIPNetworks.Clear();
            forwarded.KnownProxies.Clear();
            foreach (var proxy in proxies) { forwarded.KnownProxies.Add(proxy); }
        });
    }
}
