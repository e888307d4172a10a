using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class RuntimeSetup
{
    private static readonly Access s_read = Access.Tenant(Role.Viewer);

    public static void AddRuntime(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<RuntimeOptions>());
        builder.Services.AddSingleton<BillingLinks>();
        builder.Services.AddSingleton<BillingMails>();
        builder.Services.AddSingleton<BotPrices>();
        builder.Services.AddSingleton<BotMeter>();
        builder.Services.AddSingleton<BillingStanding>();
        builder.Services.AddSingleton<Standings>();
        builder.Services.AddOutboxHandler<BalanceRaised, ResumeOnPayment>();
        builder.Services.AddExclusiveJob<RuntimeCharging>(RuntimeCharging.Name, every: TimeSpan.FromMinutes(10));
        builder.Services.AddExclusiveJob<StandingWatch>("billing-standing", every: TimeSpan.FromMinutes(1));
    }

    public static void MapRuntime(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/billing/standing", async (HttpContext context, CancellationToken ct) => TypedResults.Ok(await OfAsync(context, ct)))
            .WithTags("Billing").Requires(s_read);
        routes.MapQuery<NoInput, TenantStanding>("billing.standing", s_read, async (context, _, ct) => await OfAsync(context, ct));
    }

    private static Task<TenantStanding> OfAsync(HttpContext context, CancellationToken ct)
    {
        var services = context.RequestServices;
        return services.GetRequiredService<BillingStanding>()
            .OfAsync(services.GetRequiredService<Db>(), context.Actor().TenantId!, ct);
    }
}
