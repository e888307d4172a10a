namespace Wopr.Protocol;

/// <summary>What a bot keeps in files that its owner and it may change: memory/SOUL.md, memory/USER.md, memory/MEMORY.md, skills/NAME.md.</summary>
public sealed record FileAsk(string Path);

/// <param name="Version">Changes with the text.</param>
public sealed record FileView(string Path, string Text, string Version, DateTimeOffset ChangedAt);

/// <summary>When all together are too long for a frame, the last ones come without their text: read those alone.</summary>
public sealed record FileList(IReadOnlyList<FileView> Files);

/// <param name="IfVersion">Refused when somebody changed it since; null: whatever it is now.</param>
/// <param name="Text">Null: delete it.</param>
public sealed record FileWrite(string Path, string? Text, string? IfVersion);

public enum MissedRuns
{
    /// <summary>Once, when it is back.</summary>
    RunOnce,

    Skip,
}

/// <param name="Cron">Five fields; null for one that runs once, at <paramref name="At"/>.</param>
/// <param name="TimeZone">An IANA name.</param>
/// <param name="Session">Where its message is said.</param>
public sealed record Schedule(
    string Id, string Name, string? Cron, DateTimeOffset? At, string TimeZone, string Session, string Message, bool IsEnabled, MissedRuns Missed);

public sealed record ScheduleRun(DateTimeOffset At, Guid TurnId, TurnEnd? End);

public sealed record ScheduleView(Schedule Schedule, IReadOnlyList<DateTimeOffset> Next, ScheduleRun? Last);

public sealed record ScheduleList(IReadOnlyList<ScheduleView> Schedules);

public sealed record ScheduleAsk(string Id);
