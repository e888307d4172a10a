namespace Wopr.Bot.Model;

internal enum Role { System, User, Assistant, Tool }

/// <summary>What the model is shown of a conversation.</summary>
/// <param name="Calls">Of an assistant's message: the tools it wants.</param>
/// <param name="CallId">Of a tool's message: which call it answers.</param>
internal sealed record ChatMessage(Role Role, string Text, IReadOnlyList<ToolCall>? Calls = null, string? CallId = null);

internal sealed record ToolCall(string Id, string Tool, string Arguments);

/// <param name="Parameters">A JSON schema.</param>
internal sealed record ToolOffer(string Name, string Description, string Parameters);

internal sealed record ModelRequest(Guid TurnId, IReadOnlyList<ChatMessage> Messages, IReadOnlyList<ToolOffer> Tools);

/// <summary>One answer of the model: text, or tools that it wants to use, or both.</summary>
internal sealed record ModelAnswer(
    string Text, IReadOnlyList<ToolCall> Calls, string? Model, long InputTokens, long OutputTokens);

/// <summary>No answer, or only the beginning of one, and why, in a sentence that a person reads.</summary>
/// <param name="canRetry">Trying again may help.</param>
internal sealed class ModelException(string message, bool canRetry, Exception? inner = null) : Exception(message, inner)
{
    public bool CanRetry => canRetry;

    /// <summary>What was used up all the same.</summary>
    public long InputTokens { get; init; }

    public long OutputTokens { get; init; }

    public string? Model { get; init; }
}
