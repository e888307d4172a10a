using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class TenantWebhookSetup
{
    public static void AddTenantWebhooks(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(new TenantWebhookOptions(AllowsPrivate: !settings.Production));
        builder.Services.AddSingleton<WebhookSecrets>();
        builder.Services.AddSingleton(provider => provider.GetRequiredService<WebhookSecrets>().AsSealedStore());
        builder.Services.AddSingleton<WebhookSender>();
        builder.Services.AddSingleton(provider => new TenantWebhooks(
            provider.GetRequiredService<Db>(), provider.GetRequiredService<WebhookSecrets>(),
            provider.GetRequiredService<TenantWebhookOptions>(), provider.GetRequiredService<AuditLog>(),
            provider.GetRequiredService<TimeProvider>()));
        builder.Services.AddSingleton<WebhookDispatcher>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<WebhookDispatcher>());
        builder.Services.AddExclusiveJob<TenantWebhookCleaning>("billing-tenant-webhook-cleaning", every: TimeSpan.FromHours(6));
    }

    public static void MapTenantWebhooks(this IEndpointRouteBuilder routes) => WebhookRoutes.Map(routes);
}
