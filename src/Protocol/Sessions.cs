namespace Wopr.Protocol;

public sealed record SessionAsk(string Session);

public sealed record SessionView(string Session, DateTimeOffset CreatedAt, DateTimeOffset LastAt, int Messages, string? Channel);

public sealed record SessionList(IReadOnlyList<SessionView> Sessions);

/// <param name="Before">Only what has a lower number; null: from the end.</param>
public sealed record ReadAsk(string Session, long? Before, int Limit);

public enum EntryRole { User, Assistant, Tool, System }

/// <param name="Number">Counts up within a session, without gaps.</param>
/// <param name="End">Of an answer: how its turn ended.</param>
public sealed record SessionEntry(
    long Number, DateTimeOffset At, EntryRole Role, string Text, Guid? TurnId, string? Sender, TurnEnd? End, string? Problem,
    string? Model, long InputTokens, long OutputTokens, Guid? Replaces);

/// <param name="HasMore">There is more before the first of these.</param>
public sealed record SessionPage(IReadOnlyList<SessionEntry> Entries, bool HasMore);
