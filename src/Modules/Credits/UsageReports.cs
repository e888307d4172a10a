using System.Text.Json.Serialization;
using Wopr.Kernel;

namespace Wopr.Credits;

/// <param name="StartDate">Milliseconds since 1970; thirty days ago when it is not said.</param>
public sealed record UsageRequest(
    string? Tenant = null, string? Capability = null, string? Provider = null, long? StartDate = null, long? EndDate = null, int? Limit = null);

/// <summary>One hour of one capability at one provider. Costs are nano-dollars.</summary>
public sealed record UsageWindow(
    string Tenant, string Capability, string Provider, string Model,
    [property: JsonPropertyName("event_count")] long EventCount,
    [property: JsonPropertyName("estimated_count")] long EstimatedCount,
    [property: JsonPropertyName("input_units")] long InputUnits,
    [property: JsonPropertyName("output_units")] long OutputUnits,
    [property: JsonPropertyName("total_cost")] long TotalCost,
    [property: JsonPropertyName("total_charge")] long TotalCharge,
    [property: JsonPropertyName("window_start")] long WindowStart,
    [property: JsonPropertyName("window_end")] long WindowEnd);

public sealed record UsageView(string Tenant, IReadOnlyList<UsageWindow> Usage);

public sealed record UsageSummary(
    string Tenant,
    [property: JsonPropertyName("period_start")] long PeriodStart,
    [property: JsonPropertyName("total_cost")] long TotalCost,
    [property: JsonPropertyName("total_charge")] long TotalCharge,
    [property: JsonPropertyName("event_count")] long EventCount);

/// <param name="InputTokens">Of answers in words; other units are not counted here.</param>
public sealed record BotHour(DateTimeOffset Hour, long Requests, long InputTokens, long OutputTokens, Money Charged);

/// <summary>What was used, from the sums of hours and days, which are a few seconds old.</summary>
public sealed class UsageReports(Db db, TimeProvider time)
{
    private const int WindowsDefault = 100;
    private const int WindowsMax = 1000;

#pragma warning disable CA1822 // An instance, so that whoever asks here says so in its constructor.
    /// <param name="capability">Null for all of them.</param>
    public async Task<Money> SpentAsync(
        Db on, string tenantId, string? capability, DateTimeOffset from, DateTimeOffset to, CancellationToken ct) =>
        new(await on.ValueAsync<long>($"""
            select coalesce(sum(charged_nanos), 0)::bigint from credits.usage_hour
            where tenant_id = {tenantId} and hour >= {Hour(from)} and hour < {to.ToUniversalTime()}
              and capability = coalesce({capability}::text, capability)
            """, ct));
#pragma warning restore CA1822

    /// <summary>What a tenant used on each UTC day, for charts and for those who bill by the day.</summary>
    public Task<List<(DateOnly Day, Money Charged, long Requests)>> DaysAsync(
        string tenantId, DateOnly from, DateOnly to, CancellationToken ct) => db.QueryAsync($"""
            select day, sum(charged_nanos)::bigint, sum(requests)::bigint from credits.usage_day
            where tenant_id = {tenantId} and day between {from} and {to}
            group by day order by day
            """, row => (row.GetFieldValue<DateOnly>(0), new Money(row.GetInt64(1)), row.GetInt64(2)), ct);

    /// <summary>What one bot's keys used, hour by hour; hours without use are not in it.</summary>
    public Task<List<BotHour>> BotHoursAsync(string tenantId, Guid bot, DateTimeOffset from, CancellationToken ct) => db.QueryAsync($"""
        select hour, sum(requests)::bigint, sum(case when capability = 'chat-completions' then input_units else 0 end)::bigint,
               sum(case when capability = 'chat-completions' then output_units else 0 end)::bigint, sum(charged_nanos)::bigint
        from credits.usage_hour
        where tenant_id = {tenantId} and bot_id = {bot} and hour >= {Hour(from)}
        group by hour
        order by hour
        """, row => new BotHour(row.GetFieldValue<DateTimeOffset>(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), new(row.GetInt64(4))), ct);

    internal async Task<Result<UsageView>> ShowAsync(Actor actor, UsageRequest request, CancellationToken ct)
    {
        if (request.Tenant is not null && request.Tenant != actor.TenantId) { return Problems.ForeignTenant; }
        if (request.Limit is < 1 or > WindowsMax) { return CreditProblems.BadLimit(WindowsMax); }
        if (!History.TryTime(request.StartDate, out var start) || !History.TryTime(request.EndDate, out var end)) { return CreditProblems.BadTime; }
        var from = Hour(start ?? time.GetUtcNow().AddDays(-30));
        var windows = await db.QueryAsync($"""
            select capability, provider, model, sum(requests)::bigint, sum(estimated)::bigint, sum(input_units)::bigint,
                   sum(output_units)::bigint, sum(wholesale_nanos)::bigint, sum(charged_nanos)::bigint, hour
            from credits.usage_hour
            where tenant_id = {actor.TenantId} and hour >= {from} and hour <= coalesce({end}::timestamptz, 'infinity')
              and capability = coalesce({request.Capability}::text, capability) and provider = coalesce({request.Provider}::text, provider)
            group by hour, capability, provider, model
            order by hour desc, capability, provider, model
            limit {request.Limit ?? WindowsDefault}
            """, row =>
        {
            var hour = row.GetFieldValue<DateTimeOffset>(9);
            return new UsageWindow(actor.TenantId!, row.GetString(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetInt64(4),
                row.GetInt64(5), row.GetInt64(6), row.GetInt64(7), row.GetInt64(8),
                hour.ToUnixTimeMilliseconds(), hour.AddHours(1).ToUnixTimeMilliseconds());
        }, ct);
        return new UsageView(actor.TenantId!, windows);
    }

    internal async Task<Result<UsageSummary>> SummaryAsync(Actor actor, UsageRequest request, CancellationToken ct)
    {
        if (request.Tenant is not null && request.Tenant != actor.TenantId) { return Problems.ForeignTenant; }
        if (!History.TryTime(request.StartDate, out var start)) { return CreditProblems.BadTime; }
        var from = Hour(start ?? time.GetUtcNow());
        return await db.FirstAsync($"""
            select coalesce(sum(wholesale_nanos), 0)::bigint, coalesce(sum(charged_nanos), 0)::bigint, coalesce(sum(requests), 0)::bigint
            from credits.usage_hour where tenant_id = {actor.TenantId} and hour >= {from}
            """, row => new UsageSummary(actor.TenantId!, from.ToUnixTimeMilliseconds(), row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)), ct)
            is { } summary ? summary : CreditProblems.BadTime;
    }

    private static DateTimeOffset Hour(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero);
}
