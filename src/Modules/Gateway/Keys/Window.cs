namespace Wopr.Gateway.Keys;

/// <summary>When the windows began that a moment lies in; all of them are of UTC.</summary>
internal readonly record struct Window(DateTimeOffset Minute, DateTimeOffset Day, DateTimeOffset Month)
{
    public static Window Of(DateTimeOffset now)
    {
        var day = DayOf(now);
        return new(new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerMinute), TimeSpan.Zero), day, MonthOf(day));
    }

    public static DateTimeOffset DayOf(DateTimeOffset now) => new(now.UtcTicks - (now.UtcTicks % TimeSpan.TicksPerDay), TimeSpan.Zero);

    public static DateTimeOffset MonthOf(DateTimeOffset day) => day.AddDays(1 - day.UtcDateTime.Day);
}
