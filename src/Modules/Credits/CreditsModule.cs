using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Credits;

public static class CreditsModule
{
    public static void AddCredits(this IHostApplicationBuilder builder) => builder.Services.AddSingleton<Ledger>().AddSingleton<Balances>();

    public static void MapCredits(this IEndpointRouteBuilder routes) =>
        routes.MapQuery<BalanceRequest, BalanceView>("billing.creditsBalance", Access.Tenant(Role.Viewer), BalanceAsync);

    private static Task<Result<BalanceView>> BalanceAsync(HttpContext context, BalanceRequest request, CancellationToken ct) =>
        context.RequestServices.GetRequiredService<Balances>().ShowAsync(context.Actor(), request.Tenant, ct);
}
