using System.Globalization;

namespace Wopr.Bot.Tests.Schedules;

/// <summary>
/// The same rules, written down a second time and the slow way: every minute of the world is looked at, and what the
/// clock on the wall shows then.
/// </summary>
internal static class MinuteWalker
{
    private static readonly Dictionary<string, int> s_names = new(StringComparer.OrdinalIgnoreCase)
    {
        ["MON"] = 1,
        ["FRI"] = 5,
        ["SUN"] = 0,
        ["WED"] = 3,
        ["MAR"] = 3,
        ["OCT"] = 10,
    };

    public static DateTimeOffset? Next(string cron, DateTimeOffset after, TimeZoneInfo zone, TimeSpan within)
    {
        var fields = cron.Split(' ');
        var isHourly = Enumerable.Range(0, 24).All(hour => Has(fields[1], hour, 23));
        var utc = new DateTime(after.UtcTicks - (after.UtcTicks % TimeSpan.TicksPerMinute), DateTimeKind.Utc);
        var shownBefore = TimeZoneInfo.ConvertTimeFromUtc(utc, zone);
        for (var end = utc + within; utc < end;)
        {
            utc = utc.AddMinutes(1);
            var shown = TimeZoneInfo.ConvertTimeFromUtc(utc, zone);
            var matches = Matches(fields, shown) && (isHourly || !WasShown(utc, shown, zone));
            // Minutes that no clock showed count at the first one after them.
            for (var skipped = shownBefore.AddMinutes(1); !isHourly && !matches && skipped < shown; skipped = skipped.AddMinutes(1))
            {
                matches = Matches(fields, skipped);
            }
            if (matches) { return new DateTimeOffset(utc, TimeSpan.Zero); }
            shownBefore = shown;
        }
        return null;
    }

    private static bool WasShown(DateTime utc, DateTime shown, TimeZoneInfo zone)
    {
        for (var back = 15; back <= 180; back += 15)
        {
            if (TimeZoneInfo.ConvertTimeFromUtc(utc.AddMinutes(-back), zone) == shown) { return true; }
        }
        return false;
    }

    private static bool Matches(string[] fields, DateTime at)
    {
        if (!Has(fields[0], at.Minute, 59) || !Has(fields[1], at.Hour, 23) || !Has(fields[3], at.Month, 12)) { return false; }
        var weekday = (int)at.DayOfWeek;
        var (day, week) = (Has(fields[2], at.Day, 31), Has(fields[4], weekday, 7) || (weekday == 0 && Has(fields[4], 7, 7)));
        return fields[2][0] == '*' || fields[4][0] == '*' ? day && week : day || week;
    }

    private static bool Has(string field, int value, int max) => field.Split(',').Any(part =>
    {
        var halves = part.Split('/');
        var step = halves.Length > 1 ? int.Parse(halves[1], CultureInfo.InvariantCulture) : 1;
        var ends = halves[0].Split('-');
        // Stars begin at 0 or 1, whichever the field begins with; days and months begin at 1.
        var first = halves[0] == "*" ? max is 12 or 31 ? 1 : 0 : Number(ends[0]);
        var last = halves[0] == "*" ? max : ends.Length > 1 ? Number(ends[1]) : halves.Length > 1 ? max : first;
        return value >= first && value <= last && (value - first) % step == 0;
    });

    private static int Number(string text) => s_names.TryGetValue(text, out var named) ? named : int.Parse(text, CultureInfo.InvariantCulture);
}
