using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

internal static class CatalogueSetup
{
    public static void AddCatalogue(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<ProvidersOptions>());
        services.AddSingleton<ProviderKeys>();
        services.AddSingleton(provider => provider.GetRequiredService<ProviderKeys>().AsSealedStore());
        services.AddSingleton<ModelCatalogue>();
        services.AddHostedService(provider => provider.GetRequiredService<ModelCatalogue>());
        services.AddSingleton<ProviderAdmin>();
        services.AddSingleton<ModelAdmin>();
        services.AddSingleton<PriceAdmin>();
        services.AddSingleton<ModelImport>();
        services.AddSingleton(new BreakerPace());
        services.AddSingleton<Router>();
        services.AddHostedService(provider => provider.GetRequiredService<Router>());
    }

    public static void MapCatalogue(this IEndpointRouteBuilder routes) => CatalogueRoutes.Map(routes);
}
