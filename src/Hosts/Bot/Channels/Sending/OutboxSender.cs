namespace Wopr.Bot.Channels.Sending;

/// <summary>Sends what waits in an outbox, one piece at a time.</summary>
internal sealed class OutboxSender(Outbox outbox, Channel channel, ChannelKindInfo info, string id, TimeProvider time, Log log)
{
    private const string Unknown = "Whether this has arrived is not known. Look before you send it again.";

    private static readonly TimeSpan s_sendMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_askedMax = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_diskAgain = TimeSpan.FromSeconds(2);

    private readonly SendLimits _limits = info.Limits ?? SendLimits.Usual;

    /// <summary>Until it is told to stop; or what the service refuses the whole channel with, as an exception.</summary>
    /// <param name="quit">Nothing more is begun.</param>
    /// <param name="cut">What is under way is broken off.</param>
    public async Task RunAsync(CancellationToken quit, CancellationToken cut)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(quit, cut);
        while (!either.IsCancellationRequested)
        {
            try
            {
                var changed = outbox.Changed.Next;
                if (outbox.Next(time, out var wait) is { } next) { await SendAsync(next.Reply, next.Part, either.Token, cut); }
                else { await WaitAsync(changed, wait, either.Token); }
            }
            catch (StorageException) { await PauseAsync(either.Token); }
        }
    }

    private async Task SendAsync(OutboxReply reply, OutboxPart part, CancellationToken either, CancellationToken cut)
    {
        if (!outbox.Note(part, PartState.Sending)) { return; }
        part.FirstTried ??= time.GetTimestamp();
        part.Tries++;
        var fault = await TryAsync(reply, part, cut);
        while (true)
        {
            try
            {
                Settle(part, fault);
                if (fault is { EndsChannel: true }) { throw fault; }
                return;
            }
            catch (StorageException)
            {
                // It is marked as being sent: should the bot end now, nothing is sent twice.
                await PauseAsync(either);
                if (either.IsCancellationRequested) { return; }
            }
        }
    }

    private async Task<ChannelException?> TryAsync(OutboxReply reply, OutboxPart part, CancellationToken cut)
    {
        using CancellationTokenSource limit = new(s_sendMax, time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(cut, limit.Token);
        try
        {
            ChannelPiece piece = new(reply.Conversation, part.Text, ChannelNames.Nonce(part.Turn, part.Number), reply.ReplyTo);
            await channel.SendAsync(piece, until.Token);
            return null;
        }
        catch (ChannelException fault) { return fault; }
        catch (OperationCanceledException cancelled) when (until.IsCancellationRequested)
        {
            return new(Unknown, mayHaveArrived: true, cause: cancelled);
        }
        catch (Exception broke)
        {
            log.ChannelBroke(id, broke);
            return new(Unknown, mayHaveArrived: true, cause: broke);
        }
    }

    private void Settle(OutboxPart part, ChannelException? fault)
    {
        if (fault is null)
        {
            outbox.Note(part, PartState.Sent);
            return;
        }
        if (fault.EndsChannel)
        {
            (part.FirstTried, part.Tries) = (null, 0);
            outbox.Note(part, PartState.Waiting, fault.Message);
            return;
        }
        var elapsed = time.GetElapsedTime(part.FirstTried!.Value);
        var wait = fault.RetryAfter ?? Backoff.Wait(part.Tries, _limits.DelayMax);
        var isOverLong = fault.RetryAfter is not null ? elapsed + wait > s_askedMax : elapsed + wait > _limits.PatienceMax;
        if (fault.IsFinal || isOverLong || part.Tries >= _limits.TriesMax || fault.MayHaveArrived && !info.DropsDoubles)
        {
            outbox.Note(part, PartState.Unsent, fault.Message, fault.MayHaveArrived && !fault.IsFinal);
            return;
        }
        outbox.PutOff(part, time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency), fault.Message);
    }

    private async Task WaitAsync(Task changed, TimeSpan wait, CancellationToken ct)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct);
        await Task.WhenAny(changed, Task.Delay(wait, time, either.Token));
        // Its timer goes with it.
        await either.CancelAsync();
    }

    private async Task PauseAsync(CancellationToken ct) =>
        await Task.Delay(s_diskAgain, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
