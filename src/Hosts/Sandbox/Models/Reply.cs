namespace Wopr.Sandbox.Models;

internal enum Finish { Stop, StopSequence, Length, Calls }

/// <summary>What a model answers, before a protocol writes it down.</summary>
internal sealed class Reply
{
    public required long Number { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long CreatedAt { get; init; }

    public required string Model { get; init; }

    public required Ask Ask { get; init; }

    public required Faults Faults { get; init; }

    /// <summary>One for each choice.</summary>
    public required IReadOnlyList<string> Texts { get; init; }

    public IReadOnlyList<ToolCall> Calls { get; init; } = [];

    public Finish Finish { get; init; }

    public string? StopSequence { get; init; }

    /// <summary>In how many pieces a stream brings a text; a piece is a word when nobody says.</summary>
    public int? Chunks { get; init; }

    /// <summary>Whether the body says what it costs.</summary>
    public bool NamesCost { get; init; }

    public Usage Usage { get; set; }

    /// <summary>The pieces of a text in a stream.</summary>
    public IEnumerable<string> Pieces(string text)
    {
        if (Chunks is not { } chunks)
        {
            for (var at = 0; at < text.Length;)
            {
                var space = text.IndexOf(' ', at + 1);
                var end = space < 0 ? text.Length : space;
                yield return text[at..end];
                at = end;
            }
            yield break;
        }
        var from = 0;
        for (var index = 1; index <= chunks; index++)
        {
            var to = Math.Max(from, (int)((long)text.Length * index / chunks));
            if (to < text.Length && char.IsLowSurrogate(text[to])) { to++; }
            yield return text[from..to];
            from = to;
        }
    }
}
