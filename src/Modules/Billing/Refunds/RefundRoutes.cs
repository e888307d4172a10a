using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class RefundRoutes
{
    public static void AddRefunds(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<PaymentRefunds>();
        builder.Services.AddSingleton(provider =>
            new StripeReconciliation(provider.GetRequiredService<Db>(), provider.GetRequiredService<StripeClient>()));
        builder.Services.AddExclusiveJob<DailyStripeReconciliation>("billing-stripe-reconciliation", every: TimeSpan.FromDays(1));
    }

    public static void MapRefunds(this IEndpointRouteBuilder routes) => routes.MapPost("/api/admin/billing/refund", RefundAsync)
        .Requires(Access.PlatformAdmin).WithIdempotency().WithTags("Billing").WithName("refundPayment");

    private static async Task<Results<Ok<RefundView>, ProblemHttpResult>> RefundAsync(
        HttpContext context, RefundRequest request, PaymentRefunds refunds, CancellationToken ct) =>
        (await refunds.RefundAsync(context.Actor(), request, ct)).ToHttp();
}
