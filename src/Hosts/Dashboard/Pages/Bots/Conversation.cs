using Wopr.Client;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>How one thing that was said is shown.</summary>
/// <param name="Status">Of what is not answered: what it waits for; null when the bot answers it now.</param>
/// <param name="CanRetry">Its answer failed and nothing was said since.</param>
public sealed record Spoken(
    string Role, string Text, DateTimeOffset At, Guid? TurnId, string? Problem = null, bool IsCancelled = false, bool CanRetry = false,
    bool IsOpen = false, string? Status = null);

/// <summary>What was said, as it is shown: in order, and without what was said again.</summary>
/// <param name="Earlier">Tries that count no more.</param>
/// <param name="Before">Where older messages end; null when there are none.</param>
public sealed record Conversation(IReadOnlyList<Spoken> Said, IReadOnlyList<Spoken> Earlier, long? Before, string? Unreachable)
{
    /// <param name="unreachable">Why the bot's own part is missing; null when it is all there.</param>
    /// <param name="waits">What the messages wait for that it does not have; null while it runs.</param>
    internal static Conversation Of(ChatHistory history, string? unreachable, string? waits)
    {
        var (kept, left) = WithoutRetried(history.Messages);
        // The bot knows first that it has answered; the platform hears of it a moment later.
        var ended = kept.Where(entry => entry is { Role: "assistant", End: not null }).Select(entry => entry.TurnId).ToHashSet();
        var open = history.Waiting.Where(turn => turn.State != "failed" && !ended.Contains(turn.TurnId)).ToDictionary(turn => turn.TurnId);
        var lastTurn = kept.LastOrDefault(entry => entry.TurnId is not null)?.TurnId;
        List<Spoken> said = [.. kept.Select(entry => Show(entry, entry.TurnId == lastTurn && open.Count == 0))];
        var known = kept.Where(entry => entry.Role == "user").Select(entry => entry.TurnId).OfType<Guid>().ToHashSet();
        said = [.. said.Select(one => one is { Role: "user", TurnId: { } turn } && open.TryGetValue(turn, out var waiting) ? Open(one, waiting) : one)];
        foreach (var turn in history.Waiting.Where(turn => !known.Contains(turn.TurnId)))
        {
            Spoken one = new("user", turn.Message, turn.CreatedAt, turn.TurnId);
            if (turn.State != "failed") { said.Add(Open(one, turn)); }
            else { Put(said, one, new("assistant", "", turn.CreatedAt, turn.TurnId, turn.Problem ?? "The bot did not take it.", CanRetry: turn.CanRetry)); }
        }
        return new(said, [.. left.Select(entry => Show(entry, isLast: false))],
            history is { HasMore: true, Messages: [var first, ..] } ? first.Number : null, unreachable);

        Spoken Open(Spoken one, WaitingMessage turn) => one with
        {
            IsOpen = true,
            Status = waits,
        };
    }

    // What was refused stands where it was said, and the bot has nothing of it.
    private static void Put(List<Spoken> said, Spoken one, Spoken refusal)
    {
        var at = said.FindIndex(other => other.At > one.At);
        said.InsertRange(at < 0 ? said.Count : at, [one, refusal]);
    }

    private static Spoken Show(ChatEntry entry, bool isLast) => new(
        entry.Role, entry.Text, entry.At, entry.TurnId, entry.End == "failed" ? entry.Problem ?? "The bot could not answer. Try again." : null,
        entry.End == "cancelled", isLast && entry is { Role: "assistant", End: "failed" or "cancelled", TurnId: not null });

    private static (List<ChatEntry> Kept, List<ChatEntry> Left) WithoutRetried(ChatEntry[] entries)
    {
        List<ChatEntry> kept = [], left = [];
        foreach (var entry in entries)
        {
            if (entry is { Role: "user", Replaces: { } replaced })
            {
                // What it replaces may stand on an older page; then all before it here is left out.
                var from = Math.Max(0, kept.FindIndex(one => one.TurnId == replaced));
                left.AddRange(kept.Skip(from));
                kept.RemoveRange(from, kept.Count - from);
            }
            kept.Add(entry);
        }
        return (kept, left);
    }
}
