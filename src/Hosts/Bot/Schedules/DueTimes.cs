using System.Globalization;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Schedules;

/// <summary>When a schedule is due, and by which turn; the same answers after every restart.</summary>
internal static class DueTimes
{
    private const int LookedAtMax = 2_000;

    /// <summary>Later than this it was missed.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    public static DateTimeOffset? Next(Schedule schedule, DateTimeOffset after) =>
        schedule.Cron is null
            ? schedule.At > after ? schedule.At : null
            : Zone(schedule.TimeZone) is { } zone ? Cron.Read(schedule.Cron)?.Next(after, zone) : null;

    /// <summary>
    /// What to fire now, if anything, and from when on times are still to come. Of several that were missed only the
    /// last counts, and that only when the schedule wants it.
    /// </summary>
    public static (DateTimeOffset? Due, DateTimeOffset Since) At(KeptSchedule kept, DateTimeOffset now)
    {
        DateTimeOffset? last = null;
        var since = kept.Since;
        // After a long sleep the oldest times do not matter.
        if (kept.Schedule.Cron is not null && now - since > TimeSpan.FromDays(2) && Next(kept.Schedule, now.AddDays(-1)) <= now)
        {
            since = now.AddDays(-1);
        }
        for (var looked = 0; looked < LookedAtMax && Next(kept.Schedule, since) is { } due && due <= now; looked++)
        {
            (last, since) = (due, due);
        }
        if (last is null) { return (null, since); }
        return now - last <= Grace || kept.Schedule.Missed == MissedRuns.RunOnce ? (last, since) : (null, since);
    }

    /// <summary>One due time is one turn, however often it is fired.</summary>
    public static Guid TurnId(string schedule, DateTimeOffset due) =>
        NamedTurn.Id(string.Create(CultureInfo.InvariantCulture, $"schedule {schedule} {due.ToUnixTimeSeconds()}"));

    public static TimeZoneInfo? Zone(string? name) =>
        name is { Length: > 0 and <= 64 } && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
}
