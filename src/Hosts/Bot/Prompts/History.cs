namespace Wopr.Bot.Prompts;

/// <param name="Answer">As much of it as there was.</param>
internal sealed record PastTurn(Guid Id, string Message, string Answer)
{
    public int Tokens => History.Tokens(Message) + (Answer.Length > 0 ? History.Tokens(Answer) : 0);
}

/// <summary>What of a conversation the model sees.</summary>
internal static class History
{
    /// <summary>These stay, however long they are.</summary>
    public const int KeptTurns = 6;

    private const int TokenLetters = 4;
    private const int MessageTokens = 4;

    public static int Tokens(string text) => ((text.Length + TokenLetters - 1) / TokenLetters) + MessageTokens;

    /// <summary>
    /// Without the turns that were replaced and what followed them. Replacing one that is gone already leads back to
    /// the place where it stood.
    /// </summary>
    public static List<T> Visible<T>(IReadOnlyList<T> turns, Func<T, Guid> id, Func<T, Guid?> replaces)
    {
        List<T> visible = [];
        Dictionary<Guid, int> places = [];
        foreach (var turn in turns)
        {
            if (replaces(turn) is { } replaced && places.TryGetValue(replaced, out var place) && place < visible.Count)
            {
                foreach (var gone in visible.Skip(place)) { places[id(gone)] = place; }
                visible.RemoveRange(place, visible.Count - place);
            }
            places[id(turn)] = visible.Count;
            visible.Add(turn);
        }
        return visible;
    }

    /// <summary>The newest turns, whole, as many as fit; answers in the order in which they were said.</summary>
    public static List<PastTurn> Fit(IEnumerable<PastTurn> newestFirst, int tokens, out bool isCut)
    {
        List<PastTurn> kept = [];
        isCut = false;
        foreach (var turn in newestFirst)
        {
            if (kept.Count >= KeptTurns && turn.Tokens > tokens)
            {
                isCut = true;
                break;
            }
            kept.Add(turn);
            tokens -= turn.Tokens;
        }
        kept.Reverse();
        return kept;
    }
}
