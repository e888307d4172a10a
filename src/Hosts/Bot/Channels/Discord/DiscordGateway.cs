using System.Text.Json;

namespace Wopr.Bot.Channels.Discord;

/// <summary>
/// Hears what Discord tells, and says where to go on after a break: a number is kept only when what it stands for is on the
/// disk, so what was told while nobody listened, or while a message was being written, is told again.
/// </summary>
internal sealed class DiscordGateway(DiscordChannel channel, string token, ChannelContext context, ChannelDoor door)
{
    private const int Dispatch = 0, Beat = 1, Identify = 2, Resume = 6, Reconnect = 7, InvalidSession = 9, Hello = 10, Acknowledged = 11;

    // Messages in servers, direct messages, and their words. Nothing of who is there and what they do.
    private const int Intents = (1 << 9) | (1 << 12) | (1 << 15);
    // What was not for the bot is kept this seldom: it does no harm to be told it again.
    private const int PassedMax = 100;
    // Not 1000 or 1001: those end the session.
    private const int ComesBack = 4000;
    private static readonly TimeSpan s_greetingMax = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_beatMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_beatMax = TimeSpan.FromMinutes(5);

    private readonly DiscordHistory _history = new(channel, context.Time);

    private DiscordMark? _mark = DiscordMark.Read(door.Mark);
    private bool _isAcknowledged;
    private bool _isHearing;
    private long _passed;

    private enum End { Anew, GoOn }

    private bool HasSession => _mark?.Session is not null;

    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            var end = await OnceAsync(ct);
            if (end == End.Anew) { await ForgetAsync(ct); }
            // Not all bots of the world at once; when a session is over Discord asks for one to five seconds.
            var pause = end == End.Anew ? 1 + (4 * Random.Shared.NextDouble()) : Random.Shared.NextDouble();
            await Task.Delay(TimeSpan.FromSeconds(pause), context.Time, ct);
        }
    }

    private async Task<End> OnceAsync(CancellationToken ct)
    {
        using var socket = await DialAsync(ct);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ct);
        using CancellationTokenSource greeting = new(s_greetingMax, context.Time);
        using var greeted = greeting.Token.Register(socket.Abort);
        var beating = Task.CompletedTask;
        try
        {
            while (await socket.ReceiveAsync(ct) is { } frame)
            {
                var data = frame.Part("d") ?? default;
                switch (frame.Number("op"))
                {
                    case Hello:
                        if (beating != Task.CompletedTask) { throw DiscordRefusals.Lost(); }
                        beating = BeatAsync(socket, data.Number("heartbeat_interval") ?? 0, over.Token);
                        await socket.SendAsync(Greeting(), ct);
                        break;
                    case Dispatch:
                        await TakeAsync(frame, data, greeting, ct);
                        break;
                    case Beat:
                        await socket.SendAsync(Heart(), ct);
                        break;
                    case Acknowledged:
                        Volatile.Write(ref _isAcknowledged, true);
                        break;
                    case Reconnect:
                        await socket.CloseAsync(ComesBack);
                        return End.GoOn;
                    case InvalidSession:
                        await socket.CloseAsync(ComesBack);
                        return data.ValueKind == JsonValueKind.True && HasSession ? End.GoOn : End.Anew;
                }
            }
            var why = DiscordRefusals.Closed(socket.CloseCode, out var isForgotten);
            if (isForgotten) { await ForgetAsync(ct); }
            throw why;
        }
        finally
        {
            await over.CancelAsync();
            await beating.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await socket.CloseAsync(ComesBack);
        }
    }

    private async Task<ChatSocket> DialAsync(CancellationToken ct)
    {
        var known = _mark?.Address;
        try
        {
            return await ChatSocket.OpenAsync(context, DiscordChannel.Service, Address(known ?? await GatewayAsync(ct)), null, ct);
        }
        catch (ChannelException) when (known is not null)
        {
            // Sessions are also taken where new ones begin, if their own place is gone.
            _mark = _mark! with { Address = null };
            throw;
        }
    }

    private async Task<string> GatewayAsync(CancellationToken ct)
    {
        var gateway = await channel.AskAsync("gateway/bot", ct);
        if (gateway.Body.Part("session_start_limit") is { } limit && limit.Number("remaining") is <= 0 && !HasSession)
        {
            throw new ChannelException("The bot has connected to Discord too often today, and has to wait until Discord takes it again.",
                retryAfter: TimeSpan.FromMilliseconds(Math.Clamp(limit.Number("reset_after") ?? 0, 60_000, 86_400_000)));
        }
        return gateway.Body.Text("url") ?? throw new ChannelException("Discord did not say where to connect to.");
    }

    // The token goes there: never over an open line, unless that is where everything is.
    private Uri Address(string gateway) =>
        Uri.TryCreate(gateway.TrimEnd('/') + "?v=10&encoding=json", UriKind.Absolute, out var address)
        && (address.Scheme == "wss" || (address.Scheme == "ws" && context.Addresses.DiscordApi.Scheme == "http"))
            ? address
            : throw new ChannelException("Discord named a place to connect to that cannot be used.");

    private async Task TakeAsync(JsonElement frame, JsonElement data, CancellationTokenSource greeting, CancellationToken ct)
    {
        switch (frame.Text("t"))
        {
            case "READY":
                if (data.Text("session_id") is not { } session || data.Part("user") is not { } user || user.Text("id") is not { } self)
                {
                    throw new ChannelException("Discord did not say who the bot is.");
                }
                greeting.CancelAfter(Timeout.InfiniteTimeSpan);
                _mark = new(session, data.Text("resume_gateway_url"), frame.Number("s") ?? 0, self, user.Text("username") ?? self,
                    _mark?.IsBehind ?? false, _mark?.Self == self ? _mark.Rooms : []);
                await door.KeepAsync(_mark.Write(), ct);
                door.Connected(_mark.Account);
                await CatchUpAsync(ct);
                break;
            case "RESUMED" when HasSession:
                greeting.CancelAfter(Timeout.InfiniteTimeSpan);
                door.Connected(_mark!.Account);
                await CatchUpAsync(ct);
                break;
            case "MESSAGE_CREATE" when HasSession:
                var isDirect = DiscordMessages.IsDirect(data);
                if (DiscordMessages.Read(data, _mark!.Self, isDirect) is not { } message) { break; }
                await HearAsync(() => door.HearAsync(message, ct));
                _mark = _mark.Past(message, isDirect);
                await KeepAsync(frame, isNow: true, ct);
                return;
        }
        await KeepAsync(frame, isNow: false, ct);
    }

    private async Task HearAsync(Func<Task> hear)
    {
        // Meanwhile nothing is read, also no answer to a heartbeat.
        Volatile.Write(ref _isHearing, true);
        await hear();
        Volatile.Write(ref _isAcknowledged, true);
        Volatile.Write(ref _isHearing, false);
    }

    /// <summary>Looks up what was said between two sessions, where the bot was spoken with before.</summary>
    private async Task CatchUpAsync(CancellationToken ct)
    {
        if (_mark is not { IsBehind: true }) { return; }
        await HearAsync(async () =>
        {
            foreach (var room in _mark.Rooms)
            {
                foreach (var message in await _history.ReadAsync(room, _mark.Self, ct))
                {
                    await door.HearAsync(message, ct);
                    _mark = _mark.Past(message, room.IsDirect);
                }
                await door.KeepAsync(_mark.Write(), ct);
            }
        });
        _mark = _mark with { IsBehind = false };
        await door.KeepAsync(_mark.Write(), ct);
    }

    private async Task KeepAsync(JsonElement frame, bool isNow, CancellationToken ct)
    {
        if (frame.Number("s") is not { } number || !HasSession) { return; }
        _passed++;
        _mark = _mark! with { Number = number };
        if (isNow || _passed >= PassedMax)
        {
            _passed = 0;
            await door.KeepAsync(_mark.Write(), ct);
        }
    }

    private async Task ForgetAsync(CancellationToken ct)
    {
        _mark = _mark is null ? null : _mark with { Session = null, Address = null, IsBehind = true };
        await door.KeepAsync(_mark?.Write(), ct);
    }

    private async Task BeatAsync(ChatSocket socket, long milliseconds, CancellationToken ct)
    {
        var pause = TimeSpan.FromMilliseconds(Math.Clamp(milliseconds, s_beatMin.TotalMilliseconds, s_beatMax.TotalMilliseconds));
        await Task.Delay(pause * Random.Shared.NextDouble(), context.Time, ct);
        Volatile.Write(ref _isAcknowledged, true);
        while (true)
        {
            // Nothing came back in a whole pause: nobody is there.
            if (!Volatile.Read(ref _isAcknowledged) && !Volatile.Read(ref _isHearing)) { socket.Abort(); return; }
            Volatile.Write(ref _isAcknowledged, false);
            await socket.SendAsync(Heart(), ct);
            await Task.Delay(pause, context.Time, ct);
        }
    }

    private byte[] Heart() => ChatJson.Write(json =>
    {
        json.WriteNumber("op", Beat);
        if (_mark is { Session: not null } mark) { json.WriteNumber("d", mark.Number); }
        else { json.WriteNull("d"); }
    });

    private byte[] Greeting() => ChatJson.Write(json =>
    {
        json.WriteNumber("op", HasSession ? Resume : Identify);
        json.WriteStartObject("d");
        json.WriteString("token", token);
        if (_mark is { Session: not null })
        {
            json.WriteString("session_id", _mark.Session);
            json.WriteNumber("seq", _mark.Number);
        }
        else
        {
            json.WriteNumber("intents", Intents);
            json.WriteStartObject("properties");
            json.WriteString("os", "linux");
            json.WriteString("browser", "wopr");
            json.WriteString("device", "wopr");
            json.WriteEndObject();
        }
        json.WriteEndObject();
    });
}
