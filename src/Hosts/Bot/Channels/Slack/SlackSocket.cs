using System.Text.Json;

namespace Wopr.Bot.Channels.Slack;

/// <summary>
/// Hears what Slack tells. What is not acknowledged is told again, over this connection or the next; so nothing is
/// acknowledged before it is on the disk.
/// </summary>
internal sealed class SlackSocket(SlackChannel channel, ChannelContext context, ChannelDoor door)
{
    private static readonly TimeSpan s_helloMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(20);
    private const int NormalClosure = 1000;

    public async Task RunAsync(CancellationToken ct)
    {
        var self = await channel.SelfAsync(ct);
        while (true)
        {
            await OnceAsync(self, ct);
            // Slack renews connections every few hours; not those of all bots at once.
            await Task.Delay(TimeSpan.FromSeconds(Random.Shared.NextDouble()), context.Time, ct);
        }
    }

    /// <summary>Returns when Slack asks for another connection.</summary>
    private async Task OnceAsync(SlackSelf self, CancellationToken ct)
    {
        using var socket = await ChatSocket.OpenAsync(context, SlackChannel.Service, await channel.AddressAsync(ct), s_keepAlive, ct);
        using CancellationTokenSource hello = new(s_helloMax, context.Time);
        using var silent = hello.Token.Register(socket.Abort);
        try
        {
            while (await socket.ReceiveAsync(ct) is { } frame)
            {
                switch (frame.Text("type"))
                {
                    case "hello":
                        hello.CancelAfter(Timeout.InfiniteTimeSpan);
                        door.Connected(self.Account);
                        break;
                    case "disconnect" when frame.Text("reason") == "link_disabled":
                        throw SlackRefusals.SocketModeOff();
                    case "disconnect":
                        return;
                    default:
                        await TakeAsync(socket, frame, self, ct);
                        break;
                }
            }
            throw SlackRefusals.Lost();
        }
        finally
        {
            await socket.CloseAsync(NormalClosure);
        }
    }

    private async Task TakeAsync(ChatSocket socket, JsonElement frame, SlackSelf self, CancellationToken ct)
    {
        if (frame.Text("envelope_id") is not { Length: > 0 } envelope) { return; }
        if (frame.Text("type") == "events_api" && frame.Part("payload") is { } payload
            && SlackMessages.Read(payload, self) is { } message)
        {
            await door.HearAsync(message, ct);
        }
        await socket.SendAsync(ChatJson.Write(json => json.WriteString("envelope_id", envelope)), ct);
    }
}
