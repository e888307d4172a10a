namespace Wopr.Sandbox.Models;

internal sealed record ToolCall(string Id, string Name, string Arguments);

internal sealed record ToolResult(string CallId, string Text);

/// <summary>One message of a conversation, whatever protocol carried it.</summary>
internal sealed class Turn(string role)
{
    public string Role { get; } = role;

    public string Text { get; set; } = "";

    public int Images { get; set; }

    public List<ToolCall> Calls { get; } = [];

    public List<ToolResult> Results { get; } = [];

    public long Tokens => Models.Tokens.PerMessage + Models.Tokens.Of(Text) + ((long)Images * Models.Tokens.PerImage)
        + Calls.Sum(call => Models.Tokens.Of(call.Name) + Models.Tokens.Of(call.Arguments))
        + Results.Sum(result => Models.Tokens.Of(result.Text));
}

internal enum Calling { Free, Forbidden, Wanted }

/// <summary>What is asked of a model, whatever protocol carried it.</summary>
internal sealed class Ask
{
    public bool Streams { get; set; }

    /// <summary>Embeddings and counts write nothing.</summary>
    public bool IsAnswered { get; init; } = true;

    /// <summary>Nothing of it is used up.</summary>
    public bool IsFree { get; init; }

    /// <summary>A chat stream tells its usage only to those who ask for it.</summary>
    public bool WantsUsage { get; set; } = true;

    public bool WantsJson { get; set; }

    public long? OutputTokensMax { get; set; }

    public int Choices { get; set; } = 1;

    public IReadOnlyList<string> Stops { get; set; } = [];

    public List<Turn> Turns { get; } = [];

    public List<string> Tools { get; } = [];

    public long ToolTokens { get; set; }

    public Calling Calling { get; set; }

    /// <summary>The one tool that has to be called.</summary>
    public string? CalledTool { get; set; }

    /// <summary>Texts to go on with or to embed, each for itself, instead of a conversation.</summary>
    public List<string> Texts { get; } = [];

    public int Dimensions { get; set; } = 1536;

    public bool WantsBase64 { get; set; }

    public long InputTokens => ToolTokens + Turns.Sum(turn => turn.Tokens) + Texts.Sum(text => Tokens.Of(text));
}
