using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal static class KeysSetup
{
    public static void AddKeys(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<KeysOptions>());
        services.AddSingleton<GatewayKeys>();
        services.AddSingleton<KeyLookups>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<KeyLimits>();
        services.AddHostedService(provider => provider.GetRequiredService<KeyLimits>());
        services.AddExclusiveJob<KeyCleaning>("gateway-key-cleaning", every: TimeSpan.FromMinutes(10));
    }

    public static void MapKeys(this IEndpointRouteBuilder routes) => KeyEndpoints.Map(routes);
}
