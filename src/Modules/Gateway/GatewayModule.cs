using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Wopr.Gateway.Keys;
using Wopr.Kernel;

namespace Wopr.Gateway;

public static class GatewayModule
{
    public static void AddGateway(this IHostApplicationBuilder builder, SettingsReader settings) => builder.AddKeys(settings);

    public static void MapGateway(this IEndpointRouteBuilder routes) => routes.MapKeys();
}
