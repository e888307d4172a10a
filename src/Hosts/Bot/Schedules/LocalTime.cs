namespace Wopr.Bot.Schedules;

/// <summary>What clocks on the wall show, and when.</summary>
internal static class LocalTime
{
    public static DateTime Of(DateTime utc, TimeZoneInfo zone) =>
        DateTime.SpecifyKind(utc + zone.GetUtcOffset(utc), DateTimeKind.Unspecified);

    /// <summary>When a clock shows this for the first time; where it is skipped, the first moment after the gap.</summary>
    public static DateTime First(DateTime local, TimeZoneInfo zone)
    {
        var utc = DateTime.SpecifyKind(local, DateTimeKind.Utc);
        // The offsets before and after whatever happens near it; no clock is a day from UTC.
        var (before, after) = (zone.GetUtcOffset(utc.AddDays(-1)), zone.GetUtcOffset(utc.AddDays(1)));
        var (early, late) = before > after ? (utc - before, utc - after) : (utc - after, utc - before);
        if (Of(early, zone) == local) { return early; }
        if (Of(late, zone) == local) { return late; }
        while (Of(early, zone) < local) { early = early.AddMinutes(1); }
        return early;
    }
}
