using System.Threading.Channels;
using Wopr.Bot.Channels.Sending;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>
/// Puts the answer of every turn that came through a channel into that channel's outbox. The outbox knows how far it has
/// the answers of a session, so that what a crash left out is found at the next start and nothing gets in twice.
/// </summary>
internal sealed class ReplyFeed(SessionStore store, Func<string, ChannelSeat?> find, TimeProvider time, Log log)
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    // Not bounded: as many turns as can end while the disk is full.
    private readonly Channel<TurnRecord> _ended = System.Threading.Channels.Channel.CreateUnbounded<TurnRecord>();

    public void Ended(TurnRecord turn) => _ended.Writer.TryWrite(turn);

    /// <summary>Answers that no earlier process put into the outbox.</summary>
    public async Task CatchUpAsync(ChannelSeat seat, CancellationToken ct)
    {
        var prefix = ChannelNames.Prefix(seat.Kept);
        foreach (var view in store.List().Sessions.Where(view => view.Session.StartsWith(prefix, StringComparison.Ordinal)))
        {
            if (store.Find(view.Session) is not { } session) { continue; }
            var mark = seat.Outbox.MarkOf(view.Session);
            foreach (var turn in store.TurnsOf(session).Where(turn => turn.Answer > mark).OrderBy(turn => turn.Answer))
            {
                await PostAsync(turn, ct);
            }
        }
        seat.Outbox.IsDoubtful = false;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        await foreach (var turn in _ended.Reader.ReadAllAsync(ct)) { await PostAsync(turn, ct); }
    }

    private async Task PostAsync(TurnRecord turn, CancellationToken ct)
    {
        while (!turn.Log.IsDeleted)
        {
            try
            {
                Post(turn);
                return;
            }
            catch (StorageException fault)
            {
                if (turn.Log.IsDeleted) { return; }
                log.AnswerNotKept(turn.Id, fault.Message);
                await Task.Delay(s_again, time, ct);
            }
        }
    }

    private void Post(TurnRecord turn)
    {
        if (turn.Log.Find(turn.Message) is not { Origin: { } origin } message || turn.ReadOutcome() is not { } outcome) { return; }
        if (find(origin.Channel) is not { Channel: { CanSend: true } channel } seat || message.At < seat.Kept.Since) { return; }
        if (!turn.Log.Name.StartsWith(ChannelNames.Prefix(seat.Kept), StringComparison.Ordinal)) { return; }
        var texts = TextParts.Split(Words(outcome), channel.TextMax);
        if (texts.Count == 0) { return; }
        var now = time.GetUtcNow();
        seat.Outbox.Post(
            new(turn.Id, origin.Conversation, origin.ReplyTo, now, [.. texts.Select((text, number) => new OutboxPart(turn.Id, number, text))]),
            turn.Log.Name, turn.Answer, now);
    }

    // What was cancelled was cancelled for a reason.
    private static string Words(TurnOutcome outcome) => outcome.End switch
    {
        TurnEnd.Answered => outcome.Text,
        TurnEnd.Failed => $"{outcome.Text}\n\n{outcome.Problem}",
        _ => "",
    };
}
