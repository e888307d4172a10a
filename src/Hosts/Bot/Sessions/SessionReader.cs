using Wopr.Protocol;

namespace Wopr.Bot.Sessions;

/// <summary>Pages of a session as its owner reads them.</summary>
internal static class SessionReader
{
    private const int EntriesMax = 200;

    public static SessionPage Read(SessionStore store, ReadAsk ask)
    {
        if (!SessionName.IsValid(ask.Session)) { throw Refusals.SessionName(); }
        if (store.Find(ask.Session) is not { } session) { return new([], false); }
        var last = Math.Min(session.Log.Count, (ask.Before ?? long.MaxValue) - 1);
        var limit = Math.Clamp(ask.Limit, 1, EntriesMax);
        List<SessionEntry> entries = [];
        var weight = 0;
        // One at a time from the end, so that a page of long answers is never in memory whole.
        for (; last > 0 && entries.Count < limit; last--)
        {
            if (session.Log.Find(last) is not { } entry) { break; }
            weight += WireSize.Of(entry.Text);
            if (weight > WireSize.PageMax && entries.Count > 0) { break; }
            entries.Add(View(entry));
        }
        entries.Reverse();
        return new(entries, last > 0);
    }

    private static SessionEntry View(Entry entry)
    {
        var (role, text) = entry.Kind switch
        {
            EntryKind.Message => (EntryRole.User, entry.Text),
            EntryKind.Answer => (EntryRole.Assistant, entry.Text),
            EntryKind.ToolCall => (EntryRole.Tool, $"{entry.Tool} {entry.Text}"),
            EntryKind.ToolResult => (EntryRole.Tool, entry.Text),
            _ => (EntryRole.System, entry.Text),
        };
        var outcome = entry.Outcome;
        return new(entry.Number, entry.At, role, text, entry.Turn, entry.Sender, outcome?.End, outcome?.Problem,
            outcome?.Model, outcome?.InputTokens ?? 0, outcome?.OutputTokens ?? 0, entry.Replaces);
    }
}
