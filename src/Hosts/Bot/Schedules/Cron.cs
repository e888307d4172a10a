namespace Wopr.Bot.Schedules;

/// <summary>
/// Five fields: minute, hour, day of month, month, day of week. When both days are restricted, either is enough.
/// <para>
/// Clocks that are put on or back: one that names its hours runs once a day. If its minute is skipped, it runs at the
/// first minute after the gap; if its minute comes twice, the first time. One that runs every hour goes by what the
/// clock shows, and so runs in both of two equal hours.
/// </para>
/// </summary>
internal sealed class Cron
{
    // Twice eight years, the longest wait for a 29 February.
    private const int DaysMax = 17 * 366;
    private const int LengthMax = 200;

    private static readonly string[] s_months =
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

    private static readonly string[] s_days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

    private readonly CronField _minutes;
    private readonly CronField _hours;
    private readonly CronField _days;
    private readonly CronField _months;
    private readonly CronField _weekdays;

    private Cron(CronField minutes, CronField hours, CronField days, CronField months, CronField weekdays)
    {
        (_minutes, _hours, _days, _months) = (minutes, hours, days, months);
        // 7 is Sunday too.
        _weekdays = weekdays with { Bits = (weekdays.Bits | weekdays.Bits >> 7) & 0x7F };
    }

    private bool IsHourly => _hours.Bits == (1UL << 24) - 1;

    /// <summary>Null when it is not understood, or never comes.</summary>
    public static Cron? Read(string? text)
    {
        var words = (text ?? "").Trim().ToLowerInvariant() switch
        {
            "@hourly" => "0 * * * *",
            "@daily" or "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" or "@annually" => "0 0 1 1 *",
            var other => other,
        };
        var fields = words.Length > LengthMax ? [] : words.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields is not [var m, var h, var d, var mo, var w]) { return null; }
        if (CronField.Read(m, 0, 59, []) is not { } minutes || CronField.Read(h, 0, 23, []) is not { } hours
            || CronField.Read(d, 1, 31, []) is not { } days || CronField.Read(mo, 1, 12, s_months) is not { } months
            || CronField.Read(w, 0, 7, s_days) is not { } weekdays)
        {
            return null;
        }
        Cron cron = new(minutes, hours, days, months, weekdays);
        return cron.NextDay(new(2000, 1, 1)) is null ? null : cron;
    }

    /// <summary>The first time after a moment; null when there is none within sixteen years.</summary>
    public DateTimeOffset? Next(DateTimeOffset after, TimeZoneInfo zone)
    {
        var from = new DateTime(after.UtcTicks / TimeSpan.TicksPerMinute * TimeSpan.TicksPerMinute, DateTimeKind.Utc);
        var next = IsHourly ? NextHourly(from.AddMinutes(1), zone) : NextNamed(from, zone);
        return next is { } at ? new DateTimeOffset(at, TimeSpan.Zero) : null;
    }

    private DateTime? NextHourly(DateTime at, TimeZoneInfo zone)
    {
        while (true)
        {
            var local = LocalTime.Of(at, zone);
            if (!HasDay(DateOnly.FromDateTime(local)))
            {
                if (NextDay(DateOnly.FromDateTime(local).AddDays(1)) is not { } day) { return null; }
                var start = LocalTime.First(day.ToDateTime(TimeOnly.MinValue), zone);
                // A day that begins again by a clock that is put back must not lead backwards.
                at = start > at ? start : at.AddMinutes(1);
            }
            else if (_minutes.Has(local.Minute)) { return at; }
            else { at = at.AddMinutes(1); }
        }
    }

    private DateTime? NextNamed(DateTime after, TimeZoneInfo zone)
    {
        var local = LocalTime.Of(after, zone);
        while (true)
        {
            if (NextLocal(local) is not { } candidate) { return null; }
            var at = LocalTime.First(candidate, zone);
            if (at > after) { return at; }
            local = candidate;
        }
    }

    // The next minute that matches on a clock that is never changed.
    private DateTime? NextLocal(DateTime after)
    {
        var from = after.AddMinutes(1);
        if (HasDay(DateOnly.FromDateTime(from)) && Within(from.Hour, from.Minute) is { } today) { return from.Date + today; }
        return NextDay(DateOnly.FromDateTime(from).AddDays(1)) is { } day && Within(0, 0) is { } time
            ? day.ToDateTime(TimeOnly.MinValue) + time
            : null;
    }

    private TimeSpan? Within(int hour, int minute)
    {
        for (; hour < 24; (hour, minute) = (hour + 1, 0))
        {
            if (!_hours.Has(hour)) { continue; }
            for (; minute < 60; minute++)
            {
                if (_minutes.Has(minute)) { return new(hour, minute, 0); }
            }
        }
        return null;
    }

    private DateOnly? NextDay(DateOnly day)
    {
        for (var days = 0; days < DaysMax && day < DateOnly.MaxValue; days++, day = day.AddDays(1))
        {
            if (HasDay(day)) { return day; }
        }
        return null;
    }

    private bool HasDay(DateOnly day)
    {
        if (!_months.Has(day.Month)) { return false; }
        var (byMonth, byWeek) = (_days.Has(day.Day), _weekdays.Has((int)day.DayOfWeek));
        return _days.IsAny || _weekdays.IsAny ? byMonth && byWeek : byMonth || byWeek;
    }
}
