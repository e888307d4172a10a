using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>How a tenant's money stands, in nano-dollars.</summary>
/// <param name="OwedNanos">Of payments that were taken back; repaid first by what comes in.</param>
/// <param name="DailyBurnNanos">What a day cost on average over the last seven.</param>
public sealed record FundsView(long BalanceNanos, long OwedNanos, bool IsFrozen, long DailyBurnNanos, long? RunwayDays);

public sealed record DaysRequest(DateOnly From, DateOnly To);

public sealed record SpentDay(DateOnly Day, long Requests, long ChargedNanos);

/// <summary>A UTC day of one model; bots and their storage have no provider and no model.</summary>
public sealed record DayUse(
    DateOnly Day, string Capability, string Provider, string Model, long Requests, long Estimated, long InputUnits, long OutputUnits,
    long ChargedNanos);

/// <param name="HasMore">There are more uses than are listed; the days count all of them.</param>
public sealed record DaysView(IReadOnlyList<SpentDay> Days, IReadOnlyList<DayUse> Uses, bool HasMore);

/// <summary>What people want to see of their money: what there is, and where it went day by day.</summary>
internal sealed class SpendReports(Db db, Ledger ledger, Balances balances)
{
    private const int DaysMax = 400;
    private const int UsesMax = 500;

    public async Task<Result<FundsView>> FundsAsync(Actor actor, CancellationToken ct)
    {
        var balance = await ledger.BalanceAsync(db, actor.TenantId!, ct);
        var burn = await balances.DailyBurnAsync(actor.TenantId!, ct);
        return new FundsView(balance.Total.Nanos, balance.Owed.Nanos, balance.IsFrozen, burn.Nanos, Balances.RunwayDays(balance.Total, burn));
    }

    public async Task<Result<DaysView>> DaysAsync(Actor actor, DaysRequest request, CancellationToken ct)
    {
        var (tenant, from, to) = (actor.TenantId!, request.From, request.To);
        if (to < from || to.DayNumber - from.DayNumber > DaysMax) { return CreditProblems.BadDays(DaysMax); }
        var (start, end) = (Midnight(from), Midnight(to).AddDays(1));
        var days = await db.QueryAsync($"""
            select day, sum(requests)::bigint, sum(nanos)::bigint from (
                select day, requests, charged_nanos as nanos from credits.usage_day
                where tenant_id = {tenant} and day between {from} and {to}
                union all
                select (at at time zone 'UTC')::date, 0, nanos from credits.entry
                where tenant_id = {tenant} and at >= {start} and at < {end} and kind in ('runtime', 'storage')) spent
            group by day order by day
            """, row => new SpentDay(row.GetFieldValue<DateOnly>(0), row.GetInt64(1), row.GetInt64(2)), ct);
        var uses = await db.QueryAsync($"""
            select day, capability, provider, model, sum(requests)::bigint, sum(estimated)::bigint, sum(input_units)::bigint,
                   sum(output_units)::bigint, sum(nanos)::bigint
            from (
                select day, capability, provider, model, requests, estimated, input_units, output_units, charged_nanos as nanos
                from credits.usage_day where tenant_id = {tenant} and day between {from} and {to}
                union all
                select (at at time zone 'UTC')::date, kind, '', '', 1, 0, 0, 0, nanos from credits.entry
                where tenant_id = {tenant} and at >= {start} and at < {end} and kind in ('runtime', 'storage')) spent
            group by day, capability, provider, model
            order by day desc, sum(nanos) desc, capability, provider, model
            limit {UsesMax + 1}
            """, row => new DayUse(row.GetFieldValue<DateOnly>(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetInt64(4),
                row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8)), ct);
        return new DaysView(days, [.. uses.Take(UsesMax)], uses.Count > UsesMax);
    }

    private static DateTimeOffset Midnight(DateOnly day) => new(day, TimeOnly.MinValue, TimeSpan.Zero);
}
