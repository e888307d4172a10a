using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="RequestId">A version 7 UUID, so that the day it belongs to stands in it.</param>
/// <param name="Hold">The most it can cost; a tenant that does not have it is refused.</param>
public sealed record MeteredRequest(
    Guid RequestId, string TenantId, Guid? BotId, string Capability, string Provider, string Model, Money Hold)
{
    /// <summary>When the hold is more than there is, all there is will do, if it is at least this; null when only the hold will.</summary>
    public Money? Least { get; init; }
}

/// <param name="Wholesale">What it costs us.</param>
/// <param name="Price">What it costs the tenant.</param>
public sealed record MeteredUse(
    string Provider, string Model, long InputUnits, long OutputUnits, Money Wholesale, Money Price, bool IsEstimated = false);

/// <param name="Charged">Less than the price when the balance did not reach; the rest is our loss.</param>
/// <param name="IsReplay">It was settled before; this is what came of it then.</param>
public sealed record Settled(Money Price, Money Charged, bool IsEstimated, bool IsReplay);
