using System.Globalization;
using Wopr.Client;
using Wopr.Dashboard.Http;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>The fields of a schedule: five of cron's, or one moment.</summary>
internal static class ScheduleForm
{
    private const int CronFields = 5;

    private static readonly string[] s_moments = ["yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd HH:mm"];

    public static Form New(BotView bot) => Form.Of(("key", BotForm.NewKey()), ("zone", bot.TimeZone), ("session", ChatPages.FirstSession));

    /// <summary>Null when it is refused.</summary>
    public static NewSchedule? Read(Form form)
    {
        var name = form.Required("name", "Say what it is for.").Trim();
        var message = form.Required("message", "Write what the bot is told then.").ReplaceLineEndings("\n");
        var (cron, at) = (form.Trimmed("cron"), form.Trimmed("at"));
        if ((cron.Length == 0) == (at.Length == 0)) { form.Refuse("cron", "Give five fields, or one moment; not both."); }
        if (cron.Length > 0 && cron.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length != CronFields)
        {
            form.Refuse("cron", "Give five fields with spaces between: minute, hour, day, month, weekday.");
        }
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(form.Trimmed("zone"), out var zone)) { form.Refuse("zone", "Give the name of a time zone, such as Europe/Berlin."); }
        var moment = at.Length > 0 && zone is not null ? Moment(form, at, zone) : null;
        return form.IsRefused ? null : new(name, form.Trimmed("zone"), form.Trimmed("session") is { Length: > 0 } session ? session : ChatPages.FirstSession,
            message, cron.Length > 0 ? cron : null, moment);
    }

    private static DateTimeOffset? Moment(Form form, string text, TimeZoneInfo zone)
    {
        if (DateTime.TryParseExact(text, s_moments, CultureInfo.InvariantCulture, DateTimeStyles.None, out var there) && !zone.IsInvalidTime(there))
        {
            return new(there, zone.GetUtcOffset(there));
        }
        form.Refuse("at", "Give a day and a time that there is, such as 2026-03-31 08:00.");
        return null;
    }
}
