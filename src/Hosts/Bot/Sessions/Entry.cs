using System.Text.Json.Serialization;
using Wopr.Protocol;

namespace Wopr.Bot.Sessions;

/// <summary>The names are on disks for ever: add, never rename.</summary>
internal enum EntryKind
{
    /// <summary>Somebody said something: a turn begins its life.</summary>
    Message,

    /// <summary>How a turn ended.</summary>
    Answer,

    ToolCall,
    ToolResult,

    /// <summary>Stands for all that was said up to and with its turn.</summary>
    Summary,
}

/// <summary>One line of a session's file.</summary>
internal sealed record Entry
{
    public long Number { get; init; }

    public required DateTimeOffset At { get; init; }

    public required EntryKind Kind { get; init; }

    public required Guid Turn { get; init; }

    /// <summary>What was said; of a tool call its arguments.</summary>
    public string Text { get; init; } = "";

    public string? Sender { get; init; }

    public Guid? Replaces { get; init; }

    /// <summary>Of a message that came through a channel.</summary>
    public TurnOrigin? Origin { get; init; }

    public string? Tool { get; init; }

    public TurnOutcomeNote? Outcome { get; init; }

    /// <summary>Of an answer: the number of the last event of its turn, by which a follower shows that it heard all.</summary>
    public long LastEvent { get; init; }
}

/// <summary>A <see cref="TurnOutcome"/> but for its text, which is the entry's.</summary>
internal sealed record TurnOutcomeNote(
    TurnEnd End, string? Problem, bool CanRetry, string? Model, long InputTokens, long OutputTokens, long Milliseconds)
{
    public static TurnOutcomeNote Of(TurnOutcome outcome) => new(outcome.End, outcome.Problem, outcome.CanRetry,
        outcome.Model, outcome.InputTokens, outcome.OutputTokens, outcome.Milliseconds);

    public TurnOutcome With(string text) =>
        new(End, text, Problem, CanRetry, Model, InputTokens, OutputTokens, Milliseconds);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Entry))]
internal sealed partial class EntryJson : JsonSerializerContext;
