using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>How long answers took, in milliseconds.</summary>
internal sealed record LatencyView(long P50, long P95);

/// <param name="Messages">What was said to it here and is over, however it ended.</param>
/// <param name="Failed">Of those.</param>
/// <param name="Requests">What it asked models, also for its schedules and channels.</param>
/// <param name="CostCents">What those cost.</param>
/// <param name="Latency">Null when nothing was answered.</param>
internal record Measures(
    long Messages, long Failed, long Requests, long InputTokens, long OutputTokens, decimal CostCents, LatencyView? Latency);

internal sealed record HourMeasures(
    DateTimeOffset Hour, long Messages, long Failed, long Requests, long InputTokens, long OutputTokens, decimal CostCents, LatencyView? Latency)
    : Measures(Messages, Failed, Requests, InputTokens, OutputTokens, CostCents, Latency);

/// <summary>The hours that touch the last day, and all of them together.</summary>
/// <param name="Hours">All of them, oldest first, also those in which nothing happened.</param>
internal sealed record DayMeasures(DateTimeOffset Since, Measures Total, IReadOnlyList<HourMeasures> Hours);

/// <summary>What a bot did, from its turns and from what its keys used.</summary>
internal sealed class BotMeasures(Db db, UsageReports usage, TimeProvider time)
{
    private const int Hours = 24;
    private const decimal NanosOfCent = 10_000_000m;

    public async Task<DayMeasures> OfAsync(Bot bot, CancellationToken ct)
    {
        var now = time.GetUtcNow();
        var since = new DateTimeOffset(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerHour), TimeSpan.Zero).AddHours(1 - Hours);
        var turns = await TurnsAsync(bot.Id, since, ct);
        var used = (await usage.BotHoursAsync(bot.TenantId, bot.Id, since, ct)).ToDictionary(hour => hour.Hour);
        var all = turns.FirstOrDefault(one => one.Hour is null) ?? new(null, 0, 0, null);
        var hours = Enumerable.Range(0, Hours).Select(at => Hour(since.AddHours(at), turns, used)).ToList();
        return new(since, new(all.Messages, all.Failed, hours.Sum(hour => hour.Requests), hours.Sum(hour => hour.InputTokens),
            hours.Sum(hour => hour.OutputTokens), hours.Sum(hour => hour.CostCents), all.Latency), hours);
    }

    private static HourMeasures Hour(DateTimeOffset hour, List<TurnHour> turns, Dictionary<DateTimeOffset, BotHour> used)
    {
        var said = turns.FirstOrDefault(one => one.Hour == hour) ?? new(hour, 0, 0, null);
        var spent = used.GetValueOrDefault(hour) ?? new(hour, 0, 0, 0, Money.Zero);
        return new(hour, said.Messages, said.Failed, spent.Requests, spent.InputTokens, spent.OutputTokens,
            spent.Charged.Nanos / NanosOfCent, said.Latency);
    }

    /// <summary>By hour, and once for all of them.</summary>
    private Task<List<TurnHour>> TurnsAsync(Guid bot, DateTimeOffset since, CancellationToken ct) => db.QueryAsync($"""
        select h.hour, count(*), count(*) filter (where h.state = 'failed'),
               percentile_disc(0.5) within group (order by h.took), percentile_disc(0.95) within group (order by h.took)
        from (
            select date_trunc('hour', ended_at, 'UTC') as hour, state, case when state = 'answered' then milliseconds end as took
            from fleet.turn
            where bot_id = {bot} and ended_at >= {since}
        ) h
        group by grouping sets ((h.hour), ())
        """, row => new TurnHour(row.IsDBNull(0) ? null : row.GetFieldValue<DateTimeOffset>(0), row.GetInt64(1), row.GetInt64(2),
            row.IsDBNull(3) ? null : new(row.GetInt64(3), row.GetInt64(4))), ct);

    /// <param name="Hour">Null for all.</param>
    private sealed record TurnHour(DateTimeOffset? Hour, long Messages, long Failed, LatencyView? Latency);
}
