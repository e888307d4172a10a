using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wopr.Audit;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>The most a tenant lets its metered requests cost. The ledger refuses what goes beyond; here it is set and told.</summary>
internal sealed class SpendingLimits(Db db, SpendingCaps caps, AuditLog audit)
{
    public async Task<SpendingView> ShowAsync(Actor actor, CancellationToken ct) =>
        SpendingView.From(await SpendingSql.ListAsync(db, actor.TenantId!, ct));

    /// <summary>These limits in place of all before.</summary>
    public async Task<Result<SpendingView>> UpdateAsync(Actor actor, SpendingView wanted, CancellationToken ct)
    {
        if (!wanted.Read(actor.TenantId!).Succeeded(out var limits, out var problem)) { return problem; }
        return await db.TransactAsync<Result<SpendingView>>(async tx =>
        {
            var before = await SpendingSql.ListAsync(tx, actor.TenantId!, ct);
            // Of a limit that stays as it was, nothing is told again.
            List<SpendingLimit> after = [.. limits.Select(limit =>
                before.Find(old => (old with { ToldSince = null, Told = SpendingMarks.None }) == limit) ?? limit)];
            await SpendingSql.ReplaceAsync(tx, actor.TenantId!, after, ct);
            await caps.SetAsync(tx, actor.TenantId!, [.. after.Where(limit => limit.HardCap is not null)
                .Select(limit => new SpendingCap(limit.Capability, limit.Period, limit.HardCap!.Value))], ct);
            await audit.WriteAsync(tx, actor, new("billing.limits_changed", $"tenant:{actor.TenantId}", Details: after.ToDictionary(
                limit => $"{limit.Capability ?? "all"} {Sql.Name(limit.Period)}",
                limit => $"alert {Text(limit.AlertAt)}, cap {Text(limit.HardCap)}")), ct);
            return SpendingView.From(after);
        }, ct);
    }

    private static string Text(Money? money) => money is { } known ? Dollars.Of(known) : "none";
}

internal static class SpendingSetup
{
    private static readonly Access s_read = Access.Tenant(Role.Member);
    private static readonly Access s_write = Access.Tenant(Role.Admin);

    public static void AddSpendingLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SpendingLimits>();
        builder.Services.AddExclusiveJob<SpendingAlerts>("billing-spending-alerts", every: TimeSpan.FromMinutes(5));
    }

    public static void MapSpendingLimits(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/billing/spending-limits").WithTags("Billing");
        group.MapGet("/", async (HttpContext context, SpendingLimits limits, CancellationToken ct) =>
            TypedResults.Ok(await limits.ShowAsync(context.Actor(), ct))).Requires(s_read);
        group.MapPut("/", UpdateAsync).Requires(s_write);
        routes.MapQuery<NoInput, SpendingView>("billing.spendingLimits", s_read, async (context, _, ct) =>
            await Limits(context).ShowAsync(context.Actor(), ct));
        routes.MapMutation<SpendingView, SpendingView>("billing.updateSpendingLimits", s_write, (context, input, ct) =>
            Limits(context).UpdateAsync(context.Actor(), input, ct));
    }

    private static async Task<Results<Ok<SpendingView>, ProblemHttpResult>> UpdateAsync(
        HttpContext context, SpendingView body, SpendingLimits limits, CancellationToken ct) =>
        (await limits.UpdateAsync(context.Actor(), body, ct)).ToHttp();

    private static SpendingLimits Limits(HttpContext context) => context.RequestServices.GetRequiredService<SpendingLimits>();
}
