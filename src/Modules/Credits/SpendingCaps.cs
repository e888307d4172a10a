using Wopr.Kernel;

namespace Wopr.Credits;

public enum CapPeriod { Day, Month }

/// <param name="Capability">Null for all of them together.</param>
public sealed record SpendingCap(string? Capability, CapPeriod Period, Money Limit);

/// <summary>
/// The most a tenant lets be spent in a UTC day or month. Money set aside counts as spent, so a limit holds to the
/// nano-dollar whatever runs at once.
/// </summary>
#pragma warning disable CA1822 // An instance, so that whoever sets limits says so in its constructor.
public sealed class SpendingCaps(TimeProvider time)
{
    /// <summary>These limits, instead of those before; what was spent in the period counts already.</summary>
    public async Task SetAsync(Db tx, string tenantId, IReadOnlyList<SpendingCap> caps, CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        await tx.TransactAsync(async both =>
        {
            await LedgerSql.LockAsync(both, tenantId, ct);
            await both.ExecuteAsync($"delete from credits.cap where tenant_id = {tenantId}", ct);
            foreach (var cap in caps)
            {
                var since = cap.Period == CapPeriod.Day ? today : new(today.Year, today.Month, 1);
                var from = new DateTimeOffset(since, TimeOnly.MinValue, TimeSpan.Zero);
                var used = await UsedAsync(both, tenantId, cap.Capability, from, ct);
                await both.ExecuteAsync($"""
                    insert into credits.cap (tenant_id, capability, period, limit_nanos, used_nanos, since)
                    values ({tenantId}, {cap.Capability ?? ""}, {cap.Period}, {cap.Limit}, {used}, {since})
                    """, ct);
            }
            await Ledger.RecallAsync(both, tenantId, ct);
            return Done.Instance;
        }, ct);
    }

    // From the rows themselves: the sums may be some seconds behind. What is set aside elsewhere is asked back, and counts
    // from when it is taken again.
    private static async Task<Money> UsedAsync(Db tx, string tenantId, string? capability, DateTimeOffset from, CancellationToken ct) =>
        new(await tx.ValueAsync<long>($"""
            select coalesce((select sum(charged_nanos) from credits.usage_hour h
                             where h.tenant_id = {tenantId} and h.hour >= {from} and h.capability = coalesce({capability}::text, h.capability)), 0)::bigint
                 + coalesce((select sum(charged_nanos) from credits.usage u
                             left join credits.usage_summed s on s.writer_id = u.writer_id
                             where u.tenant_id = {tenantId} and u.day >= {DateOnly.FromDateTime(from.UtcDateTime).AddDays(-1)} and u.settled_at >= {from}
                               and u.batch > coalesce(s.batch, 0) and u.capability = coalesce({capability}::text, u.capability)), 0)::bigint
            """, ct));
}
