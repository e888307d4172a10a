using Wopr.Bot.Channels.Sending;
using Wopr.Bot.Sessions;
using Wopr.Bot.Turns;
using Wopr.Protocol;

namespace Wopr.Bot.Channels;

/// <summary>What was said in a channel becomes a turn of the bot, once.</summary>
internal sealed class ChannelInbox(TurnDesk desk, TimeProvider time, Log log)
{
    private const int SenderMax = 100;
    private const string Cut = "\n(The message was longer and is cut here.)";

    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    /// <summary>Returns when it is on the disk; a bot that is full or stopping is asked again until it takes it.</summary>
    public async Task HearAsync(KeptChannel channel, Outbox outbox, ChannelMessage message, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(message.Text)) { return; }
        var text = message.Text.Length > TurnDesk.TextMax ? message.Text[..(TurnDesk.TextMax - Cut.Length)] + Cut : message.Text;
        string? told = null;
        while (true)
        {
            try
            {
                await TakeAsync(channel, message with { Text = text }, ct);
                return;
            }
            catch (LinkRefusedException refused) when (refused.Problem.IsPassing)
            {
                if (told != refused.Problem.Code) { log.MessageNotTaken(channel.Id, told = refused.Problem.Code); }
            }
            catch (LinkRefusedException refused)
            {
                log.MessageNotTaken(channel.Id, refused.Problem.Code);
                if (Refuse(channel, outbox, message, refused)) { return; }
            }
            await Task.Delay(s_again, time, ct);
        }
    }

    /// <summary>Answers when it is on the disk, or refuses.</summary>
    public Task<TurnTaken> TakeAsync(KeptChannel channel, ChannelMessage message, CancellationToken ct)
    {
        var isTrusted = ChannelSettings.IsTrusted(channel, message.Sender);
        TurnAsk ask = new(ChannelNames.Turn(channel, message.Id),
            ChannelNames.Session(channel, message.Conversation, isTrusted), message.Text, Sender(message), null);
        return desk.TakeAsync(ask, new TurnOrigin(channel.Id, message.Conversation, message.ReplyTo, isTrusted), ct);
    }

    // Whoever wrote reads why there will be no answer.
    private bool Refuse(KeptChannel channel, Outbox outbox, ChannelMessage message, LinkRefusedException refused)
    {
        var now = time.GetUtcNow();
        var turn = ChannelNames.Turn(channel, message.Id);
        try
        {
            OutboxPart part = new(turn, 0, refused.Problem.Message);
            outbox.Post(new(turn, message.Conversation, message.ReplyTo, now, [part]), null, 0, now);
            return true;
        }
        catch (StorageException) { return false; }
    }

    private static string Sender(ChannelMessage message)
    {
        var name = string.Concat((message.SenderName ?? "").Where(letter => !char.IsControl(letter))).Trim();
        return Short(name.Length > 0 ? $"{Short(name, SenderMax / 2)} ({message.Sender})" : message.Sender, SenderMax);
    }

    private static string Short(string text, int max) => text.Length > max ? text[..max] : text;
}
