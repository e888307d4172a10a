using System.Text.RegularExpressions;
using Wopr.Bot.Sessions;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Schedules;

/// <summary>All schedules of this bot, and what they did last.</summary>
internal sealed partial class ScheduleBook
{
    public const int SchedulesMax = 100;
    private const int NameMax = 100;
    private const int NextTold = 5;

    private readonly Lock _gate = new();
    private readonly string _home;
    private readonly SessionStore _store;
    private readonly TimeProvider _time;
    private readonly List<KeptSchedule> _schedules;

    public ScheduleBook(string home, SessionStore store, TimeProvider time, Log log)
    {
        (_home, _store, _time) = (home, store, time);
        _schedules = ScheduleFile.Load(home, time, store.SetAside, log);
    }

    /// <summary>Fires when something changed.</summary>
    public Pulse Changed { get; } = new();

    public IReadOnlyList<KeptSchedule> All { get { lock (_gate) { return [.. _schedules]; } } }

    public ScheduleList List() => new([.. All.Select(View)]);

    public ScheduleView Put(Schedule schedule)
    {
        schedule = Check(schedule);
        KeptSchedule kept;
        lock (_gate)
        {
            var index = _schedules.FindIndex(known => known.Schedule.Id == schedule.Id);
            if (index < 0 && _schedules.Count >= SchedulesMax) { throw Refusals.TooManySchedules(SchedulesMax); }
            var before = index < 0 ? null : _schedules[index];
            // Said again without a change it must not forget what is due.
            if (before?.Schedule == schedule) { return View(before); }
            kept = new(schedule, _time.GetUtcNow(), before?.LastAt, before?.LastTurn);
            Save(index < 0 ? [.. _schedules, kept] : [.. _schedules[..index], kept, .. _schedules[(index + 1)..]]);
        }
        Changed.Fire();
        return View(kept);
    }

    public bool Delete(string id)
    {
        lock (_gate)
        {
            if (_schedules.All(known => known.Schedule.Id != id)) { return false; }
            Save([.. _schedules.Where(known => known.Schedule.Id != id)]);
        }
        Changed.Fire();
        return true;
    }

    /// <summary>Its times up to then are done. One that runs once stays in the book, switched off.</summary>
    public void Pass(KeptSchedule kept, DateTimeOffset since, Guid? turn)
    {
        lock (_gate)
        {
            // Whoever changed it meanwhile has set its times anew.
            var index = _schedules.IndexOf(kept);
            if (index < 0) { return; }
            var passed = kept with
            {
                Schedule = kept.Schedule with { IsEnabled = kept.Schedule.Cron is not null && kept.Schedule.IsEnabled },
                Since = since,
                LastAt = turn is null ? kept.LastAt : since,
                LastTurn = turn ?? kept.LastTurn,
            };
            Save([.. _schedules[..index], passed, .. _schedules[(index + 1)..]]);
        }
    }

    private ScheduleView View(KeptSchedule kept)
    {
        List<DateTimeOffset> next = [];
        var at = kept.Schedule.IsEnabled ? DueTimes.Next(kept.Schedule, _time.GetUtcNow()) : null;
        for (; at is { } due && next.Count < NextTold; at = DueTimes.Next(kept.Schedule, due)) { next.Add(due); }
        ScheduleRun? last = null;
        if (kept is { LastAt: { } ran, LastTurn: { } turn })
        {
            last = new(ran, turn, _store.FindTurn(turn) is { } record ? record.ReadOutcome()?.End : null);
        }
        return new(kept.Schedule, next, last);
    }

    // On the disk first, so that what was refused did not happen.
    private void Save(List<KeptSchedule> schedules)
    {
        try { ScheduleFile.Save(_home, schedules); }
        catch (StorageException fault) { throw Refusals.NotKept(fault); }
        _schedules.Clear();
        _schedules.AddRange(schedules);
    }

    private Schedule Check(Schedule schedule)
    {
        if (Fault(schedule) is { } fault) { throw fault; }
        if (schedule is { At: { } at, IsEnabled: true } && at <= _time.GetUtcNow() && All.All(known => known.Schedule != schedule))
        {
            throw Refusals.Schedule("This time is over. Give one that is still to come.");
        }
        return schedule;
    }

    /// <summary>Why no bot can keep it, whenever it was made; null when one can.</summary>
    public static LinkRefusedException? Fault(Schedule schedule) =>
        schedule.Id is null || !Id().IsMatch(schedule.Id)
            ? Refusals.Schedule("A schedule's id is 1 to 64 letters, digits, dashes or underscores.")
        : string.IsNullOrWhiteSpace(schedule.Name) || schedule.Name.Length > NameMax
            ? Refusals.Schedule("Give the schedule a name of at most 100 characters.")
        : !SessionName.IsValid(schedule.Session) ? Refusals.SessionName()
        : string.IsNullOrWhiteSpace(schedule.Message) ? Refusals.Schedule("Say what the schedule should tell the bot.")
        : schedule.Message.Length > TurnDesk.TextMax ? Refusals.TooLong(TurnDesk.TextMax)
        : DueTimes.Zone(schedule.TimeZone) is null
            ? Refusals.Schedule("The time zone is not known. Give one like Europe/Berlin or UTC.")
        : schedule.Cron is null == schedule.At is null
            ? Refusals.Schedule("Give either five cron fields or one time, not both.")
        : schedule.Cron is not null && Cron.Read(schedule.Cron) is null
            ? Refusals.Schedule("These cron fields are not understood, or name a day that never comes. "
                + "Write minute, hour, day, month and weekday, like 30 9 * * MON-FRI.")
        : null;

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Id();
}
