using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Quotas;

internal static partial class QuotaEndpoints
{
    private static readonly Access s_read = Access.Tenant(Role.Viewer);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var own = routes.MapGroup("/api/quota").WithTags("Quotas");
        own.MapGet("/", ShowAsync).Requires(Access.Known);
        own.MapGet("/resource-limits", () => EngineLimits.Standard).Requires(Access.Known);
        own.MapGet("/tiers", () => new TierList(ResourceTier.All, StorageTier.All)).Requires(Access.Known);

        var admin = routes.MapGroup("/api/admin/quotas").WithTags("Quotas");
        admin.MapGet("/plans", PlansAsync).Requires(Access.PlatformAdmin);
        admin.MapPut("/plans/{plan}", SetPlanAsync).Requires(Access.PlatformAdmin);
        admin.MapGet("/tenants/{tenant}", ShowTenantAsync).Requires(Access.PlatformAdmin);
        admin.MapPut("/tenants/{tenant}", SetTenantAsync).Requires(Access.PlatformAdmin);
        admin.MapDelete("/tenants/{tenant}/{quota}", ClearTenantAsync).Requires(Access.PlatformAdmin);

        routes.MapQuery<NoInput, UsageQuota>("usage.quota", s_read, async (context, _, ct) =>
        {
            var check = await CheckAsync(context, ct);
            return new UsageQuota(check.Allowed, check.CurrentInstances, check.MaxInstances);
        });
        routes.MapQuery<NoInput, UsageQuotaCheck>("usage.quotaCheck", s_read, async (context, _, ct) => await CheckAsync(context, ct));
        routes.MapQuery<NoInput, List<ResourceTier>>("fleet.listResourceTiers", s_read, (_, _, _) =>
            Task.FromResult<Result<List<ResourceTier>>>(new List<ResourceTier>(ResourceTier.All)));
        routes.MapQuery<NoInput, EngineLimits>("usage.resourceLimits", s_read, (_, _, _) =>
            Task.FromResult<Result<EngineLimits>>(EngineLimits.Standard));
    }

    /// <summary>A tenant's own; an operator says whose.</summary>
    private static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> ShowAsync(
        HttpContext context, string? tenant, string? activeInstances, TenantQuotas quotas, CancellationToken ct)
    {
        var actor = context.Actor();
        var whose = tenant ?? actor.TenantId;
        if (whose is null || !TenantId().IsMatch(whose)) { return QuotaProblems.TenantMissing.ToHttp(); }
        if (whose != actor.TenantId && !actor.IsPlatformAdmin) { return Problems.ForeignTenant.ToHttp(); }
        long? active = null;
        if (activeInstances is not null)
        {
            if (!long.TryParse(activeInstances, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            {
                return QuotaProblems.BadCount.ToHttp();
            }
            active = count;
        }
        return TypedResults.Ok(await QuotaView.OfAsync(quotas, await quotas.LimitsAsync(whose, ct), active, ct));
    }

    private static async Task<UsageQuotaCheck> CheckAsync(HttpContext context, CancellationToken ct)
    {
        var quotas = context.RequestServices.GetRequiredService<TenantQuotas>();
        var limits = await quotas.LimitsAsync(context.Actor().TenantId!, ct);
        var used = await quotas.UsedAsync(limits.TenantId, Quota.Instances, ct);
        var limit = limits.Of(Quota.Instances);
        var allowed = limit.Allows(used, more: 1);
        return new(allowed, used, limit.Max ?? 0, InGracePeriod: false,
            allowed ? null : QuotaProblems.Exceeded(limits, Quota.Instances, used).Detail);
    }

    private static async Task<IReadOnlyList<PlanView>> PlansAsync(TenantQuotas quotas, CancellationToken ct) =>
        [.. (await quotas.PlansAsync(ct)).GroupBy(row => row.Plan).OrderBy(plan => plan.Key).Select(plan => new PlanView(
            Sql.Name(plan.Key), plan.OrderBy(row => row.Limit.What).ToDictionary(
                row => Sql.Name(row.Limit.What), row => row.Limit.Max)))];

    private static async Task<Results<Ok<IReadOnlyList<PlanView>>, ProblemHttpResult>> SetPlanAsync(
        HttpContext context, string plan, SetPlanQuota body, TenantQuotas quotas, CancellationToken ct) =>
        (await quotas.SetPlanAsync(context.Actor(), plan, body.Limits, ct)).Succeeded(out _, out var problem)
            ? TypedResults.Ok(await PlansAsync(quotas, ct))
            : problem.ToHttp();

    private static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> ShowTenantAsync(
        string tenant, TenantQuotas quotas, CancellationToken ct) => TenantId().IsMatch(tenant)
            ? TypedResults.Ok(await QuotaView.OfAsync(quotas, await quotas.LimitsAsync(tenant, ct), null, ct))
            : QuotaProblems.TenantMissing.ToHttp();

    private static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> SetTenantAsync(
        HttpContext context, string tenant, SetTenantQuota body, TenantQuotas quotas, CancellationToken ct) =>
        TenantId().IsMatch(tenant)
            ? await AnswerAsync(quotas, await quotas.SetAsync(context.Actor(), tenant, body.Plan, body.Limits ?? [], ct), ct)
            : QuotaProblems.TenantMissing.ToHttp();

    private static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> ClearTenantAsync(
        HttpContext context, string tenant, string quota, TenantQuotas quotas, CancellationToken ct) =>
        TenantId().IsMatch(tenant)
            ? await AnswerAsync(quotas, await quotas.ClearAsync(context.Actor(), tenant, quota, ct), ct)
            : QuotaProblems.TenantMissing.ToHttp();

    private static async Task<Results<Ok<QuotaView>, ProblemHttpResult>> AnswerAsync(
        TenantQuotas quotas, Result<TenantLimits> outcome, CancellationToken ct) =>
        outcome.Succeeded(out var limits, out var problem)
            ? TypedResults.Ok(await QuotaView.OfAsync(quotas, limits, null, ct))
            : problem.ToHttp();

    [GeneratedRegex(@"^[A-Za-z0-9]{1,40}\z")]
    private static partial Regex TenantId();
}
