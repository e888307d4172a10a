using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Quotas;

/// <param name="Max">Null when there is no limit.</param>
/// <param name="Source">Where the limit comes from: <c>plan</c> or <c>exception</c>.</param>
internal sealed record LimitView(long Used, long? Max, string Source);

/// <summary>The contract's counts: a maximum of 0 and a remainder of -1 mean that there is no limit.</summary>
internal sealed record InstanceCounts(long Current, long Max, long Remaining)
{
    public static InstanceCounts From(QuotaLimit limit, long current) =>
        limit.Max is { } max ? new(current, max, Math.Max(0, max - current)) : new(current, 0, -1);
}

internal sealed record MachineLimits(int MemoryLimitMb, int CpuQuota, int MaxProcesses);

internal sealed record QuotaView(
    string Tenant, string Plan, InstanceCounts Instances, MachineLimits Resources, IReadOnlyDictionary<string, LimitView> Limits)
{
    public static async Task<QuotaView> OfAsync(
        TenantQuotas quotas, TenantLimits limits, long? activeInstances, CancellationToken ct)
    {
        Dictionary<string, LimitView> views = [];
        foreach (var limit in limits.Limits)
        {
            var used = await quotas.UsedAsync(limits.TenantId, limit.What, ct);
            views[Sql.Name(limit.What)] = new(used, limit.Max, limit.IsException ? "exception" : "plan");
        }
        var tier = ResourceTier.Standard;
        return new(limits.TenantId, Sql.Name(limits.Plan),
            InstanceCounts.From(limits.Of(Quota.Instances), activeInstances ?? views[Sql.Name(Quota.Instances)].Used),
            new(tier.MemoryLimitMb, tier.CpuQuota, tier.PidsLimit), views);
    }
}

/// <summary>What the engine is told for a bot of the standard tier.</summary>
internal sealed record EngineLimits(
    [property: JsonPropertyName("Memory")] long Memory,
    [property: JsonPropertyName("CpuQuota")] int CpuQuota,
    [property: JsonPropertyName("PidsLimit")] int PidsLimit)
{
    public static EngineLimits Standard { get; } =
        new(ResourceTier.Standard.MemoryBytes, ResourceTier.Standard.CpuQuota, ResourceTier.Standard.PidsLimit);
}

internal sealed record UsageQuota(bool Allowed, long CurrentInstances, long MaxInstances);

internal sealed record UsageQuotaCheck(bool Allowed, long CurrentInstances, long MaxInstances, bool InGracePeriod, string? Reason);

internal sealed record TierList(IReadOnlyList<ResourceTier> Resource, IReadOnlyList<StorageTier> Storage);

internal sealed record PlanView(string Plan, IReadOnlyDictionary<string, long?> Limits);

/// <param name="Limits">By quota; null is no limit.</param>
internal sealed record SetTenantQuota(string? Plan = null, Dictionary<string, long?>? Limits = null);

internal sealed record SetPlanQuota(Dictionary<string, long?> Limits);
