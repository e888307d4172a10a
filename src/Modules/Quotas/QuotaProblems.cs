using Wopr.Kernel;

namespace Wopr.Quotas;

internal static class QuotaProblems
{
    public static Problem Exceeded(TenantLimits limits, Quota what, long used) => new(ProblemKind.Forbidden, "quota_exceeded",
        $"{Thing(what)} quota exceeded: {used}/{limits.Of(what).Max} in use ({Sql.Name(limits.Plan)} plan). "
        + "Delete what you no longer need, or ask us for a higher limit.");

    public static Problem TenantMissing { get; } = new(ProblemKind.Invalid, "quota.tenant_required",
        "Say whose quota: ?tenant=… with a tenant's id of 1 to 40 letters and digits.");

    public static Problem BadCount { get; } = new(ProblemKind.Invalid, "quota.bad_count",
        "activeInstances must be a whole number from 0.");

    public static Problem UnknownQuota { get; } = new(ProblemKind.Invalid, "quota.unknown",
        $"There is no such quota. There are {Names<Quota>()}.");

    public static Problem UnknownPlan { get; } = new(ProblemKind.Invalid, "quota.unknown_plan",
        $"There is no such plan. There are {Names<Plan>()}.");

    public static Problem BadLimit { get; } = new(ProblemKind.Invalid, "quota.bad_limit",
        $"A limit is a whole number from 0 to {TenantQuotas.LimitMax}, or null for none.");

    public static Problem NothingToSet { get; } = new(ProblemKind.Invalid, "quota.nothing_to_set",
        "Give a plan, limits, or both.");

    public static Problem NoException { get; } = new(ProblemKind.NotFound, "quota.no_exception",
        "This tenant has no exception for that quota; its plan's limit holds.");

    private static string Thing(Quota what) => what switch
    {
        Quota.Instances => "Instance",
        Quota.StorageGb => "Storage",
        Quota.Snapshots => "Snapshot",
        _ => throw new ArgumentOutOfRangeException(nameof(what), what, "A quota without a name."),
    };

    private static string Names<T>() where T : struct, Enum =>
        string.Join(", ", Enum.GetValues<T>().Select(value => Sql.Name(value)));
}
