using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class CheckoutRoutes
{
    // Whoever pays leaves a card and an address, and the portal shows and changes them.
    private static readonly Access s_pay = Access.Tenant(Role.Admin);

    public static void AddCheckout(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<CreditCheckout>();
        builder.Services.AddSingleton<Invoices>();
    }

    public static void MapCheckout(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/billing").WithTags("Billing");
        group.MapPost("/credits/checkout", CheckoutAsync).Requires(s_pay).WithIdempotency().WithName("creditsCheckout");
        group.MapPost("/portal", PortalAsync).Requires(s_pay).WithName("billingPortal");
        group.MapGet("/credits/options", (CreditPrices prices) => TypedResults.Ok(CreditOption.All(prices)))
            .Requires(Access.Public).WithName("creditOptions");
        group.MapGet("/plans", (CreditPrices prices) => TypedResults.Ok(PlanView.All(prices))).Requires(Access.Known).WithName("plans");
        group.MapGet("/invoices", InvoicesAsync).Requires(s_pay).WithName("invoices");

        routes.MapMutation<CheckoutRequest, CheckoutView>("billing.creditsCheckout", s_pay, (context, request, ct) =>
            Of<CreditCheckout>(context).StartAsync(context.Actor(), request, ct));
        routes.MapMutation<PortalRequest, PortalView>("billing.portalSession", s_pay, (context, request, ct) =>
            Of<CreditCheckout>(context).PortalAsync(context.Actor(), request, ct));
        routes.MapQuery<NoInput, List<CreditOption>>("billing.creditOptions", Access.Public, (context, _, _) =>
            Task.FromResult<Result<List<CreditOption>>>(CreditOption.All(Of<CreditPrices>(context))));
        routes.MapQuery<NoInput, List<PlanView>>("billing.plans", Access.Known, (context, _, _) =>
            Task.FromResult<Result<List<PlanView>>>(PlanView.All(Of<CreditPrices>(context))));
        routes.MapQuery<NoInput, InvoiceList>("billing.invoices", s_pay, (context, _, ct) =>
            Of<Invoices>(context).ListAsync(context.Actor(), ct));
        routes.MapQuery<NoInput, BillingContact>("billing.billingInfo", s_pay, (context, _, ct) =>
            Of<Invoices>(context).ContactAsync(context.Actor(), ct));
        routes.MapQuery<NoInput, OwnSubscription>("billing.subscription", Access.Tenant(Role.Viewer), async (context, _, ct) =>
            await OwnSubscription.OfAsync(Of<Db>(context), context.Actor(), ct));
    }

    private static async Task<Results<Ok<CheckoutView>, ProblemHttpResult>> CheckoutAsync(
        HttpContext context, CheckoutRequest request, CreditCheckout checkout, CancellationToken ct) =>
        (await checkout.StartAsync(context.Actor(), request, ct)).ToHttp();

    private static async Task<Results<Ok<PortalView>, ProblemHttpResult>> PortalAsync(
        HttpContext context, PortalRequest request, CreditCheckout checkout, CancellationToken ct) =>
        (await checkout.PortalAsync(context.Actor(), request, ct)).ToHttp();

    private static async Task<Results<Ok<InvoiceList>, ProblemHttpResult>> InvoicesAsync(
        HttpContext context, Invoices invoices, CancellationToken ct) =>
        (await invoices.ListAsync(context.Actor(), ct)).ToHttp();

    private static T Of<T>(HttpContext context) where T : notnull => context.RequestServices.GetRequiredService<T>();
}
