using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Quotas;

public static class QuotasModule
{
    public static void AddQuotas(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<TenantQuotas>();

    public static void MapQuotas(this IEndpointRouteBuilder routes) => QuotaEndpoints.Map(routes);
}
