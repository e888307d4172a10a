using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Wopr.Bot.Memory;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Schedules;

/// <summary>How the bot sets its own reminders.</summary>
internal sealed class ScheduleTools(ScheduleBook book, TimeZoneInfo zone)
{
    public IEnumerable<Tool> All =>
    [
        new(new("schedule_list", "Lists your schedules.", """{"type":"object","properties":{}}"""),
            (_, _, _) => Task.FromResult(List())),
        new(new("schedule_add",
            "Sets a schedule: its message is said to you in this conversation when it is due. Give cron or at, not both.", """
            {"type":"object","properties":{
            "name":{"type":"string"},
            "cron":{"type":"string","description":"minute hour day month weekday, like 30 9 * * MON-FRI"},
            "at":{"type":"string","description":"once, local time, like 2026-03-01T09:30"},
            "message":{"type":"string","description":"what you should do then"}},
            "required":["name","message"]}
            """), (arguments, turn, _) => Task.FromResult(Add(arguments, turn))),
        new(new("schedule_remove", "Removes a schedule.",
            """{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}"""),
            (arguments, _, _) => Task.FromResult(Remove(arguments))),
    ];

    private string List()
    {
        var lines = from view in book.List().Schedules
                    let when = view.Schedule.IsEnabled ? Next(view) : "switched off"
                    select $"{view.Schedule.Id}: {view.Schedule.Name}, {when}, says: {view.Schedule.Message}";
        return string.Join('\n', lines) is { Length: > 0 } text ? text : "There are no schedules.";
    }

    private string Add(JsonElement arguments, Turn turn)
    {
        var (name, message) = (arguments.Words("name"), arguments.Words("message"));
        var (cron, at) = (arguments.WordsOrNull("cron"), arguments.WordsOrNull("at"));
        DateTimeOffset? once = null;
        if (at is not null)
        {
            if (!DateTime.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var when))
            {
                return "The time is not understood. Write it like 2026-03-01T09:30.";
            }
            once = when.Kind == DateTimeKind.Utc ? new(when) : new(LocalTime.First(when, zone));
        }
        // A turn that runs again after a crash sets the same schedule, not a second one.
        var id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{turn.Id}\n{name}\n{cron}\n{at}")).AsSpan(0, 6));
        var view = book.Put(new(id, name, cron, once, zone.Id, turn.Ask.Session, message, IsEnabled: true, MissedRuns.RunOnce));
        return $"Set as {id}, {Next(view)}.";
    }

    private string Remove(JsonElement arguments) =>
        book.Delete(arguments.Words("id")) ? "Removed." : "There is no schedule with this id.";

    private string Next(ScheduleView view) => view.Next is [var next, ..]
        ? string.Create(CultureInfo.InvariantCulture, $"next {TimeZoneInfo.ConvertTime(next, zone):yyyy-MM-dd HH:mm}")
        : "not due any more";
}
