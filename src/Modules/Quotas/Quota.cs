using Wopr.Kernel;

namespace Wopr.Quotas;

/// <summary>What is counted for each tenant.</summary>
public enum Quota { Instances, StorageGb, Snapshots }

public enum Plan { Free, Starter, Pro, Enterprise }

/// <summary>
/// How a module counts what a tenant has of something. The module that owns the rows registers it; it must count in the
/// transaction it is given.
/// </summary>
public sealed record QuotaUsage(Quota What, Func<Db, string, CancellationToken, Task<long>> CountAsync);

/// <param name="Max">Null when there is no limit.</param>
public sealed record QuotaLimit(Quota What, long? Max, bool IsException)
{
    public bool Allows(long used, long more) => Max is not { } max || more <= max - used;
}

public sealed record TenantLimits(string TenantId, Plan Plan, IReadOnlyList<QuotaLimit> Limits)
{
    public QuotaLimit Of(Quota what) => Limits.First(limit => limit.What == what);
}
