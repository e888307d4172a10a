using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Discord;

/// <summary>What a bot was told since it identified itself; it outlives its connection, so that a later one goes on with it.</summary>
internal sealed class GatewaySession(DiscordBot bot, string id, long intents)
{
    public const long Guilds = 1 << 0;
    private const long GuildMessages = 1 << 9;
    private const long DirectMessages = 1 << 12;
    public const long MessageContent = 1 << 15;
    private const int KeptMax = 1000;

    private readonly Lock _gate = new();
    private readonly Queue<(long Number, string Text)> _sent = new();
    private long _number;
    private LiveSocket? _line;

    public string Id => id;

    public void Dispatch(string type, JsonObject data)
    {
        lock (_gate)
        {
            JsonObject frame = new() { ["t"] = type, ["s"] = ++_number, ["op"] = GatewayOp.Dispatch, ["d"] = data };
            var text = frame.ToJsonString(ChatJson.Writing);
            _sent.Enqueue((_number, text));
            if (_sent.Count > KeptMax) { _sent.Dequeue(); }
            _line?.SendText(text);
        }
    }

    public void Attach(LiveSocket line) { lock (_gate) { _line = line; } }

    public void Detach(LiveSocket line)
    {
        lock (_gate)
        {
            if (_line == line) { _line = null; }
        }
    }

    /// <summary>Says again what came after the number; false when that is not known, or was never said.</summary>
    public bool Resume(LiveSocket line, long after)
    {
        lock (_gate)
        {
            var oldest = _sent.TryPeek(out var first) ? first.Number : _number + 1;
            if (after > _number || after < oldest - 1) { return false; }
            _line = line;
            foreach (var (number, text) in _sent)
            {
                if (number > after) { line.SendText(text); }
            }
        }
        Dispatch("RESUMED", []);
        return true;
    }

    public void TellRoom(DiscordRoom room)
    {
        if ((intents & Guilds) != 0) { Dispatch("CHANNEL_CREATE", DiscordJson.Room(bot, room)); }
    }

    public void TellMessage(DiscordRoom room, JsonObject message)
    {
        if ((intents & (room.Person is null ? GuildMessages : DirectMessages)) == 0) { return; }
        var told = message.DeepClone().AsObject();
        var isOwn = told["author"]!["id"]!.GetValue<string>() == bot.User.Id;
        told["channel_type"] = room.Person is null ? 0 : 1;
        if (room.Person is null)
        {
            told["guild_id"] = bot.GuildId;
            told["member"] = DiscordJson.Member(null, told.Text("timestamp")!);
            var isMentioned = told["mentions"]!.AsArray().Any(user => user!["id"]!.GetValue<string>() == bot.User.Id);
            if ((intents & MessageContent) == 0 && !isMentioned && !isOwn) { told["content"] = ""; }
        }
        Dispatch("MESSAGE_CREATE", told);
    }
}

internal static class GatewayOp
{
    public const int Dispatch = 0;
    public const int Heartbeat = 1;
    public const int Identify = 2;
    public const int Presence = 3;
    public const int Resume = 6;
    public const int Reconnect = 7;
    public const int InvalidSession = 9;
    public const int Hello = 10;
    public const int Ack = 11;
}
