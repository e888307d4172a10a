using System.Text;

namespace Wopr.Bot.Model;

/// <summary>Puts an answer together from its pieces.</summary>
internal sealed class AnswerBuilder(Action<string> say)
{
    public const int TextMax = 64_000;
    private const int CallsMax = 32;
    private const int ArgumentsMax = 64 * 1024;

    private readonly StringBuilder _text = new();
    private readonly List<(string? Id, string Tool, StringBuilder Arguments)> _calls = [];

    public string? Model { get; private set; }

    public long InputTokens { get; private set; }

    public long OutputTokens { get; private set; }

    /// <summary>The model said that it is at its end.</summary>
    public bool IsFinished { get; private set; }

    public bool IsFull => _text.Length >= TextMax;

    public void Add(Chunk chunk)
    {
        Model = chunk.Model ?? Model;
        if (chunk.Usage is { } usage) { (InputTokens, OutputTokens) = (usage.PromptTokens, usage.CompletionTokens); }
        if (chunk.Choices is not [var choice, ..]) { return; }
        Say(choice.Delta?.Content ?? choice.Delta?.Refusal ?? "");
        foreach (var call in choice.Delta?.ToolCalls ?? []) { Add(call); }
        IsFinished |= choice.FinishReason is not null;
    }

    public ModelAnswer Build() => new(_text.ToString(),
        [.. _calls.Select((call, index) => new ToolCall(call.Id ?? $"call_{index}", call.Tool,
            call.Arguments.Length == 0 ? "{}" : call.Arguments.ToString()))],
        Model, InputTokens, OutputTokens);

    public ModelException Broken(string why, bool canRetry, Exception? inner = null) =>
        new(why, canRetry, inner) { Model = Model, InputTokens = InputTokens, OutputTokens = OutputTokens };

    private void Say(string piece)
    {
        if (piece.Length > TextMax - _text.Length)
        {
            var keep = TextMax - _text.Length;
            piece = piece[..(keep > 0 && char.IsHighSurrogate(piece[keep - 1]) ? keep - 1 : keep)];
        }
        if (piece.Length == 0) { return; }
        _text.Append(piece);
        say(piece);
    }

    private void Add(ChunkCall piece)
    {
        // Some providers number the calls, others send each whole; one with an id and no number is a new one.
        var index = piece.Index ?? (piece.Id is null ? _calls.Count - 1 : _calls.Count);
        if (index < 0 || index > _calls.Count || index >= CallsMax) { throw Broken(Sentences.Nonsense, canRetry: true); }
        if (index == _calls.Count) { _calls.Add((piece.Id, piece.Function?.Name ?? "", new())); }
        else if (_calls[index].Tool.Length == 0 && piece.Function?.Name is { } name)
        {
            _calls[index] = (_calls[index].Id ?? piece.Id, name, _calls[index].Arguments);
        }
        var arguments = _calls[index].Arguments.Append(piece.Function?.Arguments);
        if (arguments.Length > ArgumentsMax) { throw Broken(Sentences.Nonsense, canRetry: true); }
    }
}
