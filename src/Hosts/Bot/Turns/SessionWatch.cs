using System.Runtime.CompilerServices;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Turns;

/// <summary>
/// What happens in a session, turn by turn, so that one id says where a follower is. One that names no event hears the
/// turns that are not over from their beginning, and then all that come.
/// </summary>
internal sealed class SessionWatch(SessionStore store, TurnDesk desk)
{
    public async IAsyncEnumerable<SessionEvent> FollowAsync(WatchAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        if (!SessionName.IsValid(ask.Session)) { throw Refusals.SessionName(); }
        var turn = EventId.Read(ask.After) is { } after && store.FindTurn(after.Turn) is { } named
            && named.Log.Name == ask.Session ? named : null;
        var heard = turn is null ? 0 : EventId.Read(ask.After)!.Value.Number;
        var place = turn?.Place ?? store.TurnAt(ask.Session, -1)?.Place ?? store.Find(ask.Session)?.Turns.Count ?? 0;
        while (true)
        {
            var news = desk.News.Next;
            if (store.TurnAt(ask.Session, place) is not { } next)
            {
                await news.WaitAsync(ct);
                // A session that was deleted meanwhile begins anew.
                place = Math.Min(place, store.Find(ask.Session)?.Turns.Count ?? 0);
                continue;
            }
            await foreach (var happened in TurnAsync(next, heard, ct)) { yield return happened; }
            (place, heard) = (place + 1, 0);
        }
    }

    private async IAsyncEnumerable<SessionEvent> TurnAsync(
        TurnRecord turn, long heard, [EnumeratorCancellation] CancellationToken ct)
    {
        if (desk.TapeOf(turn.Id) is not { } tape)
        {
            foreach (var told in Kept(turn, heard)) { yield return told; }
            yield break;
        }
        while (true)
        {
            var events = tape.After(heard, out var more);
            foreach (var happened in events)
            {
                yield return happened;
                if (happened.Kind == SessionEventKind.Done) { yield break; }
            }
            if (events.Count > 0) { heard = EventId.Read(events[^1].Id)!.Value.Number; }
            else if (turn.IsOver && heard >= turn.LastEvent) { yield break; }
            await more.WaitAsync(ct);
        }
    }

    // Piece by piece it is not known any more; whole it is in the file.
    private static IEnumerable<SessionEvent> Kept(TurnRecord turn, long heard)
    {
        if (!turn.IsOver || heard == turn.LastEvent || turn.Log.Find(turn.Answer) is not { Outcome: { } outcome } answer) { yield break; }
        var number = turn.LastEvent - (outcome.Problem is null ? 2 : 3);
        if (heard > 0) { yield return Event(number, SessionEventKind.Reset, null); }
        else { yield return Event(number, SessionEventKind.Message, turn.Log.Find(turn.Message)?.Text); }
        if (answer.Text.Length > 0) { yield return Event(++number, SessionEventKind.Text, answer.Text); }
        if (outcome.Problem is { } problem) { yield return Event(turn.LastEvent - 1, SessionEventKind.Error, problem); }
        yield return Event(turn.LastEvent, SessionEventKind.Done, null);

        SessionEvent Event(long at, SessionEventKind kind, string? text) =>
            new(EventId.Of(turn.Id, Math.Max(at, 0)), turn.Id, kind, text, null, null);
    }
}
