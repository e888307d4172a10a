using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Relay;
using Wopr.Gateway.Usage;
using Wopr.Kernel;

namespace Wopr.Gateway;

public static class GatewayModule
{
    /// <param name="closed">Why nobody is served right now; null when everybody is.</param>
    public static void AddGateway(this IHostApplicationBuilder builder, SettingsReader settings, Func<IServiceProvider, Problem?> closed)
    {
        builder.AddKeys(settings);
        builder.AddCatalogue(settings);
        builder.AddRelay(settings, closed);
    }

    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        routes.MapKeys();
        routes.MapCatalogue();
        routes.MapRelay();
        routes.MapUsage();
    }
}
