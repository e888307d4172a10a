using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wopr.Credits.Metering;
using Wopr.Kernel;

namespace Wopr.Credits;

public static class CreditsModule
{
    /// <param name="connection">The application's database; the ledger keeps a few connections of its own.</param>
    public static void AddCredits(this IHostApplicationBuilder builder, SettingsReader settings, NpgsqlConnectionStringBuilder connection)
    {
        var services = builder.Services;
        services.AddSingleton(settings.Read<CreditsOptions>());
        services.AddSingleton<Ledger>();
        services.AddSingleton<SpendingCaps>();
        services.AddSingleton<Balances>();
        services.AddSingleton<History>();
        services.AddSingleton<UsageReports>();
        services.AddSingleton<SpendReports>();
        services.AddSingleton<CreditOperators>();
        services.AddSingleton<Reconciliation>();
        services.AddSingleton(_ => new LedgerDb(connection));
        services.AddSingleton(new WriterPace());
        services.AddSingleton<LedgerWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddSingleton(provider => new RequestMeter(provider.GetRequiredService<LedgerWriter>(),
            provider.GetRequiredService<Db>(), provider.GetRequiredService<TimeProvider>()));
        services.AddExclusiveJob<WriterSweep>("credits-writer-sweep", every: TimeSpan.FromSeconds(10));
        services.AddExclusiveJob<UsageSums>("credits-usage-sums", every: TimeSpan.FromSeconds(10));
        services.AddExclusiveJob<UsageDays>("credits-usage-days", every: TimeSpan.FromHours(6));
        services.AddExclusiveJob<GrantExpiry>("credits-grant-expiry", every: TimeSpan.FromMinutes(5));
        services.AddExclusiveJob<DailyReconciliation>("credits-reconciliation", every: TimeSpan.FromDays(1));
    }

    public static void MapCredits(this IEndpointRouteBuilder routes) => CreditEndpoints.Map(routes);
}
