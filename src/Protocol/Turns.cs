namespace Wopr.Protocol;

/// <param name="TurnId">Given by whoever asks first; the same id is the same turn, however often it arrives.</param>
/// <param name="Replaces">The turn that is tried again or said differently: it and what followed are left out of what the model sees.</param>
public sealed record TurnAsk(Guid TurnId, string Session, string Text, string? Sender, Guid? Replaces);

/// <summary>The message is on the disk. The outcome stands there when the turn is over.</summary>
public sealed record TurnTaken(Guid TurnId, TurnOutcome? Outcome);

public enum TurnEnd { Answered, Failed, Cancelled }

/// <param name="Text">The whole answer, or as much of it as there was.</param>
/// <param name="Problem">The sentence a person reads when it failed.</param>
/// <param name="CanRetry">Trying again may help.</param>
public sealed record TurnOutcome(
    TurnEnd End, string Text, string? Problem, bool CanRetry, string? Model, long InputTokens, long OutputTokens, long Milliseconds);

public sealed record TurnEnded(Guid TurnId, string Session, TurnOutcome Outcome);

public sealed record CancelAsk(Guid TurnId);

public sealed record WatchAsk(string Session, string? After);

public enum SessionEventKind
{
    /// <summary>Somebody said something.</summary>
    Message,

    /// <summary>A piece of the answer.</summary>
    Text,

    ToolCall,

    /// <summary>What was heard of this turn is void: it begins again.</summary>
    Reset,

    Error,
    Done,
}

/// <param name="Id">Where to go on after a break: "turn:number". Numbers of a turn count up from 1.</param>
public sealed record SessionEvent(string Id, Guid TurnId, SessionEventKind Kind, string? Text, string? Tool, string? Arguments);
