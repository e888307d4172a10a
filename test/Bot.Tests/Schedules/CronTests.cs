using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Wopr.Bot.Schedules;

namespace Wopr.Bot.Tests.Schedules;

public sealed class CronTests
{
    [Theory]
    [InlineData("* * * * *", "2026-03-01T12:00:30Z", "2026-03-01T12:01:00Z")]
    [InlineData("*/15 * * * *", "2026-03-01T12:00Z", "2026-03-01T12:15:00Z")]
    [InlineData("5/20 * * * *", "2026-03-01T12:06Z", "2026-03-01T12:25:00Z")]
    [InlineData("30 9 * * MON-FRI", "2026-03-06T09:30Z", "2026-03-09T09:30:00Z")]
    [InlineData("0 0 29 2 *", "2026-03-01T12:00Z", "2028-02-29T00:00:00Z")]
    [InlineData("0 0 29 2 *", "2096-03-01T12:00Z", "2104-02-29T00:00:00Z")]
    [InlineData("0 0 31 * *", "2026-03-31T12:00Z", "2026-05-31T00:00:00Z")]
    [InlineData("0 12 1,15 jan,Jul *", "2026-01-15T12:00Z", "2026-07-01T12:00:00Z")]
    [InlineData("0 0 13 * 5", "2026-03-01T12:00Z", "2026-03-06T00:00:00Z")]
    [InlineData("0 0 * * 7", "2026-03-01T12:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("0 0 */2 * 1", "2026-03-01T12:00Z", "2026-03-09T00:00:00Z")]
    [InlineData("@hourly", "2026-03-01T12:00Z", "2026-03-01T13:00:00Z")]
    [InlineData("@daily", "2026-03-01T12:00Z", "2026-03-02T00:00:00Z")]
    [InlineData("@weekly", "2026-03-01T12:00Z", "2026-03-08T00:00:00Z")]
    [InlineData("@monthly", "2026-03-01T12:00Z", "2026-04-01T00:00:00Z")]
    [InlineData("@yearly", "2026-03-01T12:00Z", "2027-01-01T00:00:00Z")]
    public void The_next_time_in_UTC(string cron, string after, string next) =>
        Assert.Equal(At(next), Cron.Read(cron)!.Next(At(after), TimeZoneInfo.Utc));

    // Berlin goes from 02:00 to 03:00 on 29 March 2026 and from 03:00 to 02:00 on 25 October.
    [Theory]
    [InlineData("30 2 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("30 2 * * *", "2026-03-29T01:00Z", "2026-03-30T00:30:00Z")]
    [InlineData("0,30 2,3 * * *", "2026-03-28T12:00Z", "2026-03-29T01:00:00Z")]
    [InlineData("0,30 2,3 * * *", "2026-03-29T01:00Z", "2026-03-29T01:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-24T12:00Z", "2026-10-25T00:30:00Z")]
    [InlineData("30 2 * * *", "2026-10-25T00:30Z", "2026-10-26T01:30:00Z")]
    [InlineData("*/30 * * * *", "2026-10-25T00:30Z", "2026-10-25T01:00:00Z")]
    [InlineData("*/30 * * * *", "2026-10-25T01:00Z", "2026-10-25T01:30:00Z")]
    [InlineData("15 * * * *", "2026-03-29T00:15Z", "2026-03-29T01:15:00Z")]
    public void Clocks_that_are_put_on_and_back(string cron, string after, string next) =>
        Assert.Equal(At(next), Cron.Read(cron)!.Next(At(after), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin")));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("* * * *")]
    [InlineData("* * * * * *")]
    [InlineData("60 * * * *")]
    [InlineData("* 24 * * *")]
    [InlineData("* * 0 * *")]
    [InlineData("* * 32 * *")]
    [InlineData("* * * 13 *")]
    [InlineData("* * * * 8")]
    [InlineData("5-1 * * * *")]
    [InlineData("*/0 * * * *")]
    [InlineData("*/-1 * * * *")]
    [InlineData("1/2/3 * * * *")]
    [InlineData("1,,2 * * * *")]
    [InlineData("a * * * *")]
    [InlineData("* * * MONDAY *")]
    [InlineData("-1 * * * *")]
    [InlineData("1- * * * *")]
    [InlineData("٣ * * * *")]
    [InlineData("0 0 30 2 *")]
    [InlineData("0 0 31 4,6,9,11 *")]
    [InlineData("@reboot")]
    [InlineData("99999999999 * * * *")]
    public void What_is_no_schedule_or_never_comes_is_not_taken(string? cron) => Assert.Null(Cron.Read(cron));

    [Fact]
    public void No_text_breaks_it() => Prop.ForAll(
        Gen.Elements("*", "/", "-", ",", " ", "0", "7", "59", "MON", "@daily", "x").ListOf().Select(string.Concat).ToArbitrary(),
        text => Cron.Read(text)?.Next(At("2026-03-01T12:00Z"), TimeZoneInfo.Utc)).QuickCheckThrowOnFailure();

    private static readonly string[] s_zones =
    [
        "UTC", "Europe/Berlin", "America/New_York", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu",
        "Africa/Casablanca", "Africa/Cairo", "Pacific/Apia", "America/Havana", "Asia/Kolkata", "Pacific/Chatham",
    ];

    // Around the changes of clocks, leap days and turns of years, and anywhere.
    private static readonly Gen<DateTimeOffset> s_moments = Gen.OneOf(
        from day in Gen.Choose(0, 365 * 30)
        from second in Gen.Choose(0, 86_399)
        select At("2010-01-01T00:00Z").AddDays(day).AddSeconds(second),
        from near in Gen.Elements("2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-03-08T07:00Z", "2026-11-01T06:00Z",
            "2026-04-04T15:00Z", "2026-10-03T15:30Z", "2028-02-29T12:00Z", "2018-11-04T03:00Z", "2018-02-18T02:00Z",
            "2024-04-25T22:00Z", "2024-10-31T21:00Z", "2011-12-30T10:00Z", "2026-12-31T23:00Z")
        from minute in Gen.Choose(-2_000, 400)
        select At(near).AddMinutes(minute));

    private static readonly Gen<string> s_crons =
        from minute in Gen.Elements("*", "0", "30", "*/15", "5,59", "10-20/3", "0,30", "17")
        from hour in Gen.Elements("*", "0", "1", "2", "3", "23", "*/2", "1-3", "0,12", "*/1", "0-23")
        from day in Gen.Elements("*", "*", "*", "1", "29", "31", "*/2", "10-12", "30")
        from month in Gen.Elements("*", "*", "*", "2", "MAR,OCT", "3-11/4", "*/3")
        from weekday in Gen.Elements("*", "*", "0", "7", "MON-FRI", "6", "*/2", "SUN,WED")
        select $"{minute} {hour} {day} {month} {weekday}";

    [Fact]
    public void It_agrees_with_somebody_who_looks_at_the_clock_every_minute()
    {
        Prop.ForAll(s_crons.ToArbitrary(), s_moments.ToArbitrary(), Gen.Elements(s_zones).ToArbitrary(), (text, after, zoneName) =>
        {
            if (Cron.Read(text) is not { } cron) { return; }
            var zone = TimeZoneInfo.FindSystemTimeZoneById(zoneName);
            var next = cron.Next(after, zone);
            var walked = MinuteWalker.Next(text, after, zone, TimeSpan.FromDays(100));
            if (walked is null) { Assert.True(next is null || next > after.AddDays(99), $"{text} {after:o} {zoneName}: {next:o}, walked none"); }
            else { Assert.True(walked == next, $"{text} {after:o} {zoneName}: {next:o}, walked {walked:o}"); }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_500));
    }

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
