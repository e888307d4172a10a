using Wopr.Protocol;

namespace Wopr.Bot.Sessions;

/// <summary>Where a turn stands in its session's file.</summary>
internal sealed class TurnRecord(SessionLog log, Guid id, long message, Guid? replaces, int place)
{
    public SessionLog Log => log;

    public Guid Id => id;

    public long Message => message;

    public Guid? Replaces => replaces;

    /// <summary>Which turn of its session it is, from 0.</summary>
    public int Place => place;

    /// <summary>0 while it is not over.</summary>
    public long Answer { get; set; }

    public long LastEvent { get; set; }

    public bool IsOver => Answer > 0;

    public TurnOutcome? ReadOutcome() =>
        IsOver && log.Find(Answer) is { Outcome: { } note } entry ? note.With(entry.Text) : null;
}
