using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Audit;

public static class AuditModule
{
    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AuditLog>();
        builder.Services.AddSingleton<AuditChain>();
        builder.Services.AddSingleton<AuditSealer>();
        builder.Services.AddHostedService<AuditSealing>();
    }

    public static void MapAudit(this IEndpointRouteBuilder routes) => AuditEndpoints.Map(routes);
}
