using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Keys;
using Wopr.Gateway.Relay;
using Wopr.Kernel;

namespace Wopr.Gateway;

public static class GatewayModule
{
    public static void AddGateway(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.AddKeys(settings);
        builder.AddCatalogue(settings);
        builder.AddRelay(settings);
    }

    public static void MapGateway(this IEndpointRouteBuilder routes)
    {
        routes.MapKeys();
        routes.MapCatalogue();
        routes.MapRelay();
    }
}
