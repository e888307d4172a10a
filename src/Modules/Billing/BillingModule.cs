using Microsoft.Extensions.DependencyInjection;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Billing;

public static class BillingModule
{
    public static void AddBilling(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<BillingOptions>());
        builder.AddRuntime(settings);
        builder.AddTenantWebhooks(settings);
    }

    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        routes.MapRuntime();
        routes.MapTenantWebhooks();
    }
}
