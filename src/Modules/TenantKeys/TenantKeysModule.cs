using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.TenantKeys;

public static class TenantKeysModule
{
    public static void AddTenantKeys(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TenantKeyStore>();
        builder.Services.AddSingleton(provider => provider.GetRequiredService<TenantKeyStore>().AsSealedStore());
    }

    public static void MapTenantKeys(this IEndpointRouteBuilder routes) => TenantKeyEndpoints.Map(routes);
}
