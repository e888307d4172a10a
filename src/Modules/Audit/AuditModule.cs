using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Audit;

public static class AuditModule
{
    public static void AddAudit(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<AuditLog>();
}
