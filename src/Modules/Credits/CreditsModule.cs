using Microsoft.AspNetCore.Http;
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
    public static void AddCredits(this IHostApplicationBuilder builder, NpgsqlConnectionStringBuilder connection)
    {
        var services = builder.Services;
        services.AddSingleton<Ledger>();
        services.AddSingleton<Balances>();
        services.AddSingleton(_ => new LedgerDb(connection));
        services.AddSingleton(new WriterPace());
        services.AddSingleton<LedgerWriter>();
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddSingleton(provider => new RequestMeter(provider.GetRequiredService<LedgerWriter>(),
            provider.GetRequiredService<Db>(), provider.GetRequiredService<TimeProvider>()));
        services.AddExclusiveJob<WriterSweep>("credits-writer-sweep", every: TimeSpan.FromSeconds(10));
    }

    public static void MapCredits(this IEndpointRouteBuilder routes) =>
        routes.MapQuery<BalanceRequest, BalanceView>("billing.creditsBalance", Access.Tenant(Role.Viewer), BalanceAsync);

    private static Task<Result<BalanceView>> BalanceAsync(HttpContext context, BalanceRequest request, CancellationToken ct) =>
        context.RequestServices.GetRequiredService<Balances>().ShowAsync(context.Actor(), request.Tenant, ct);
}
