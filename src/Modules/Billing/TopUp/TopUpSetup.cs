using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Kernel;

namespace Wopr.Billing;

internal static class TopUpSetup
{
    private static readonly Access s_read = Access.Tenant(Role.Member);
    private static readonly Access s_write = Access.Tenant(Role.Admin);

    public static void AddTopUp(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<TopUpCards>();
        builder.Services.AddSingleton<TopUpSettings>();
        builder.Services.AddSingleton<TopUps>();
        builder.Services.AddOutboxHandler<TopUpOutcome, TopUpHeard>();
        builder.Services.AddExclusiveJob<TopUpJob>(TopUpJob.Name, every: TimeSpan.FromSeconds(30));
    }

    public static void MapTopUp(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/billing/auto-topup").WithTags("Billing");
        group.MapGet("/", ShowAsync).Requires(s_read);
        group.MapPut("/", UpdateAsync).Requires(s_write);
        routes.MapQuery<NoInput, TopUpView>("billing.autoTopupSettings", s_read, (context, _, ct) =>
            Settings(context).ShowAsync(context.Actor(), ct));
        routes.MapMutation<UpdateTopUp, TopUpView>("billing.updateAutoTopupSettings", s_write, (context, input, ct) =>
            Settings(context).UpdateAsync(context.Actor(), input, ct));
    }

    private static async Task<Results<Ok<TopUpView>, ProblemHttpResult>> ShowAsync(
        HttpContext context, TopUpSettings settings, CancellationToken ct) => (await settings.ShowAsync(context.Actor(), ct)).ToHttp();

    private static async Task<Results<Ok<TopUpView>, ProblemHttpResult>> UpdateAsync(
        HttpContext context, UpdateTopUp body, TopUpSettings settings, CancellationToken ct) =>
        (await settings.UpdateAsync(context.Actor(), body, ct)).ToHttp();

    private static TopUpSettings Settings(HttpContext context) => context.RequestServices.GetRequiredService<TopUpSettings>();
}
