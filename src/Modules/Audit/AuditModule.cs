using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Audit;

public static class AuditModule
{
    public static void AddAudit(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<AuditLog>();
        builder.Services.AddSingleton<AuditChain>();
        builder.Services.AddExclusiveJob<AuditSealer>("audit.seal", TimeSpan.FromHours(1));
    }

    public static void MapAudit(this IEndpointRouteBuilder routes) => AuditEndpoints.Map(routes);
}
