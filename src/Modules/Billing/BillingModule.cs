using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Billing;

public static class BillingModule
{
    public static void AddBilling(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.AddStripe(settings);
        builder.AddCheckout();
        builder.AddRefunds();
        builder.AddUsageReporting(settings);
        builder.AddRuntime(settings);
        builder.AddTenantWebhooks(settings);
        builder.AddBillingNews();
        builder.AddTopUp();
        builder.AddSpendingLimits();
    }

    public static void MapBilling(this IEndpointRouteBuilder routes)
    {
        routes.MapStripe();
        routes.MapCheckout();
        routes.MapRefunds();
        routes.MapRuntime();
        routes.MapTenantWebhooks();
        routes.MapTopUp();
        routes.MapSpendingLimits();
    }
}
