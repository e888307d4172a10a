using System.Globalization;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Quotas;

/// <summary>How much of what a tenant may have.</summary>
public sealed class TenantQuotas
{
    internal const long LimitMax = 1_000_000_000;

    private readonly Db _db;
    private readonly AuditLog _audit;
    private readonly Dictionary<Quota, QuotaUsage> _usages;

    public TenantQuotas(Db db, AuditLog audit, IEnumerable<QuotaUsage> usages) =>
        (_db, _audit, _usages) = (db, audit, usages.ToDictionary(usage => usage.What));

    /// <summary>
    /// The refusal when the tenant cannot have that much more, or null. Call it first in the transaction that then
    /// inserts: it locks the tenant's row before it counts and holds it to the commit, so of two callers racing for the
    /// last place the second counts what the first one took.
    /// </summary>
    public async Task<Problem?> CheckAsync(Db tx, string tenant, Quota what, long wanted, CancellationToken ct)
    {
        // Without a transaction the lock would be gone before the caller inserts.
        if (!tx.InTransaction)
        {
            throw new InvalidOperationException("A quota is checked inside the transaction that uses it.");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(wanted);
        if (!_usages.TryGetValue(what, out var usage))
        {
            throw new InvalidOperationException($"Nobody counts {what}.");
        }

        await QuotaSql.LockAsync(tx, tenant, ct);
        var limits = await QuotaSql.LimitsAsync(tx, tenant, ct);
        if (limits.Of(what).Max is null) { return null; }
        var used = await usage.CountAsync(tx, tenant, ct);
        return limits.Of(what).Allows(used, wanted) ? null : QuotaProblems.Exceeded(limits, what, used);
    }

    public Task<TenantLimits> LimitsAsync(string tenant, CancellationToken ct) => QuotaSql.LimitsAsync(_db, tenant, ct);

    /// <summary>What the tenant has now; 0 for what nobody counts yet.</summary>
    public Task<long> UsedAsync(string tenant, Quota what, CancellationToken ct) =>
        _usages.TryGetValue(what, out var usage) ? usage.CountAsync(_db, tenant, ct) : Task.FromResult(0L);

    internal Task<List<(Plan Plan, QuotaLimit Limit)>> PlansAsync(CancellationToken ct) => QuotaSql.PlansAsync(_db, ct);

    /// <summary>A tenant's plan, and its exceptions from it.</summary>
    internal async Task<Result<TenantLimits>> SetAsync(
        Actor actor, string tenant, string? planName, IReadOnlyDictionary<string, long?> limits, CancellationToken ct)
    {
        var plan = QuotaSql.TryParse<Plan>(planName);
        if (planName is not null && plan is null) { return QuotaProblems.UnknownPlan; }
        if (plan is null && limits.Count == 0) { return QuotaProblems.NothingToSet; }
        if (Fault(limits) is { } fault) { return fault; }

        return await _db.TransactAsync<Result<TenantLimits>>(async tx =>
        {
            await QuotaSql.LockAsync(tx, tenant, ct);
            var before = await QuotaSql.LimitsAsync(tx, tenant, ct);
            if (plan is { } chosen) { await QuotaSql.SetPlanAsync(tx, tenant, chosen, ct); }
            foreach (var (name, max) in limits)
            {
                await QuotaSql.SetLimitAsync(tx, tenant, QuotaSql.Parse<Quota>(name), max, ct);
            }
            var after = await QuotaSql.LimitsAsync(tx, tenant, ct);
            await _audit.WriteAsync(tx, actor,
                new("quotas.tenant_changed", $"tenant:{tenant}", tenant, Details(before, after)), ct);
            return after;
        }, ct);
    }

    /// <summary>Ends an exception, so that the plan's limit holds again.</summary>
    internal async Task<Result<TenantLimits>> ClearAsync(Actor actor, string tenant, string name, CancellationToken ct)
    {
        if (QuotaSql.TryParse<Quota>(name) is not { } what) { return QuotaProblems.UnknownQuota; }
        return await _db.TransactAsync<Result<TenantLimits>>(async tx =>
        {
            await QuotaSql.LockAsync(tx, tenant, ct);
            var before = await QuotaSql.LimitsAsync(tx, tenant, ct);
            if (!await QuotaSql.ClearLimitAsync(tx, tenant, what, ct)) { return QuotaProblems.NoException; }
            var after = await QuotaSql.LimitsAsync(tx, tenant, ct);
            await _audit.WriteAsync(tx, actor,
                new("quotas.tenant_changed", $"tenant:{tenant}", tenant, Details(before, after)), ct);
            return after;
        }, ct);
    }

    internal async Task<Result<Done>> SetPlanAsync(
        Actor actor, string planName, IReadOnlyDictionary<string, long?> limits, CancellationToken ct)
    {
        if (QuotaSql.TryParse<Plan>(planName) is not { } plan) { return QuotaProblems.UnknownPlan; }
        if (limits.Count == 0) { return QuotaProblems.NothingToSet; }
        if (Fault(limits) is { } fault) { return fault; }
        return await _db.TransactAsync<Result<Done>>(async tx =>
        {
            foreach (var (name, max) in limits)
            {
                await QuotaSql.SetPlanLimitAsync(tx, plan, QuotaSql.Parse<Quota>(name), max, ct);
            }
            await _audit.WriteAsync(tx, actor, new("quotas.plan_changed", $"plan:{Sql.Name(plan)}",
                Details: limits.ToDictionary(limit => limit.Key, limit => Text(limit.Value))), ct);
            return Done.Instance;
        }, ct);
    }

    private static Problem? Fault(IReadOnlyDictionary<string, long?> limits) =>
        limits.Keys.Any(name => QuotaSql.TryParse<Quota>(name) is null) ? QuotaProblems.UnknownQuota
        : limits.Values.Any(max => max is < 0 or > LimitMax) ? QuotaProblems.BadLimit
        : null;

    private static Dictionary<string, string> Details(TenantLimits before, TenantLimits after)
    {
        Dictionary<string, string> changes = [];
        if (before.Plan != after.Plan) { changes["plan"] = $"{Sql.Name(before.Plan)} -> {Sql.Name(after.Plan)}"; }
        foreach (var limit in after.Limits.Where(limit => limit != before.Of(limit.What)))
        {
            changes[Sql.Name(limit.What)] = $"{Text(before.Of(limit.What).Max)} -> {Text(limit.Max)}";
        }
        return changes;
    }

    private static string Text(long? max) => max?.ToString(CultureInfo.InvariantCulture) ?? "unlimited";
}
