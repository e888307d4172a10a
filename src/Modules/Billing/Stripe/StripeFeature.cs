using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;
using Wopr.Notices;

namespace Wopr.Billing;

internal static class StripeFeature
{
    public static void AddStripe(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        var (options, services) = (settings.Read<StripeOptions>(), builder.Services);
        services.AddSingleton(options);
        services.AddSingleton(provider => Connect(options, provider.GetRequiredService<NoticesOptions>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<StripeHttp>>()));
        services.AddStripeVerbs();
        services.AddExclusiveJob<WebhookCleaning>("billing-webhook-cleaning", every: TimeSpan.FromDays(1));
    }

    /// <summary>Stripe itself, or the sandbox while there is no key.</summary>
    internal static StripeHttp Connect(StripeOptions options, NoticesOptions notices, TimeProvider time, ILogger<StripeHttp> logger) => new(
        options.HasKey ? options.ApiBase : notices.SandboxUrl,
        options.HasKey ? options.SecretKey! : "sk_test_sandbox",
        new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        },
        time, logger);

    internal static IServiceCollection AddStripeVerbs(this IServiceCollection services) => services
        .AddSingleton<StripeClient>()
        .AddSingleton<CreditPrices>()
        .AddSingleton<TenantCustomers>()
        .AddSingleton<Payments>()
        .AddSingleton<Reversals>()
        .AddSingleton<Subscriptions>()
        .AddSingleton<StripeEffects>()
        .AddSingleton<StripeInbox>()
        .AddSingleton<UnprocessedEvents>()
        .AddSingleton<WebhookPenalties>();

    public static void MapStripe(this IEndpointRouteBuilder routes)
    {
        WebhookEndpoint.Map(routes);
        UnprocessedEndpoints.Map(routes);
    }
}
