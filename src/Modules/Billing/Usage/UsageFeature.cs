using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class UsageFeature
{
    public static void AddUsageReporting(this IHostApplicationBuilder builder, SettingsReader settings)
    {
        builder.Services.AddSingleton(settings.Read<UsageReportOptions>());
        builder.Services.AddExclusiveJob<UsageReporting>("billing-usage-reports", every: TimeSpan.FromDays(1));
    }
}
