using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Wopr.Kernel;

public static class KernelModule
{
    /// <summary>What modules share while they run; the host brings the database and the clock.</summary>
    public static void AddKernel(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Listener>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Listener>());
        builder.Services.AddSingleton<Outbox>();
        builder.Services.AddSingleton<RateWindows>();
        builder.Services.AddExclusiveJob<RateWindowCleaning>("kernel-rate-windows", every: TimeSpan.FromMinutes(10));
        builder.Services.AddSingleton(new OutboxPace());
        builder.Services.AddHostedService<OutboxWorker>();
        builder.Services.AddSingleton<Leases>();
        builder.Services.AddSingleton(new JobPace());
    }
}
