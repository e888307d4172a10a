using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Discord;

/// <summary>What a bot said, and when it came.</summary>
internal sealed record DiscordSaid(
    string Id, string Channel, string Text, DateTimeOffset At, string? Nonce, string? ReplyTo, bool PingsEveryone, bool PingsSomebody);

/// <summary>A bot, its server with its channels, its direct messages and its connections.</summary>
internal sealed class DiscordBot
{
    private const int SaidMax = 5_000;
    private static readonly TimeSpan s_limitWindow = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Bounded<DiscordRoom> _rooms = new();
    private readonly Bounded<JsonObject> _messages = new(SaidMax);
    private readonly Bounded<JsonObject> _byNonce = new();
    private readonly Bounded<GatewaySession> _sessions = new(100);
    private readonly Queue<DiscordSaid> _said = new();
    private readonly Dictionary<string, Queue<long>> _sentAt = new(StringComparer.Ordinal);
    private readonly List<LiveSocket> _lines = [];
    private DiscordFaults _faults = new();

    public DiscordBot(DiscordWorld world, DiscordUser user)
    {
        (World, User, GuildId) = (world, user, world.NewId());
        RoomNamed("general");
    }

    public DiscordWorld World { get; }
    public DiscordUser User { get; }
    public string GuildId { get; }

    // That it may read what messages say stands there, as it is switched in the developer portal.
    public long ApplicationFlags => Faults.HasMessageContent ? 1 << 19 : 0;

    public int Identified { get; set; }
    public int Resumed { get; set; }
    public int Typed { get; set; }

    public DiscordFaults Faults
    {
        get { lock (_gate) { return _faults; } }
        set { lock (_gate) { _faults = value; } }
    }

    public IReadOnlyList<DiscordSaid> Said { get { lock (_gate) { return [.. _said]; } } }

    public int Lines { get { lock (_gate) { return _lines.Count; } } }

    public IEnumerable<DiscordRoom> Rooms => _rooms.List().Where(room => room.Person is null);

    public Bounded<GatewaySession> Sessions => _sessions;

    /// <summary>Takes one of the faults that were ordered.</summary>
    public bool Takes(Func<DiscordFaults, int> count, Func<DiscordFaults, DiscordFaults> less)
    {
        lock (_gate)
        {
            if (count(_faults) <= 0) { return false; }
            _faults = less(_faults);
            return true;
        }
    }

    public DiscordRoom DirectWith(DiscordUser person) => _rooms.GetOrAdd($"@{person.Id}", () => new(World.NewId(), person.Name, person));

    public DiscordRoom RoomNamed(string name) => _rooms.GetOrAdd($"#{name}", () =>
    {
        DiscordRoom room = new(World.NewId(), name, null);
        foreach (var session in _sessions.List()) { session.TellRoom(room); }
        return room;
    });

    public DiscordRoom? Room(string id) => _rooms.List().FirstOrDefault(room => room.Id == id);

    public void Open(LiveSocket line) { lock (_gate) { _lines.Add(line); } }

    public void Closed(LiveSocket line) { lock (_gate) { _lines.Remove(line); } }

    public List<LiveSocket> OpenLines() { lock (_gate) { return [.. _lines]; } }

    /// <summary>What stands in a channel after a message, newest first.</summary>
    public List<JsonObject> MessagesIn(string room, long after, int limit) => [.. _messages.List()
        .Where(message => message.Text("channel_id") == room && long.Parse(message.Text("id")!, null) > after)
        .TakeLast(limit).Reverse()];

    /// <summary>The last ones of all channels, oldest first.</summary>
    public IEnumerable<JsonObject> LastMessages(int last) => _messages.List().TakeLast(last);

    public JsonObject? Message(string? id) => id is not null && _messages.TryGet(id, out var message) ? message : null;

    /// <summary>Somebody says something where the bot hears it.</summary>
    public JsonObject Hear(DiscordRoom room, JsonObject message)
    {
        _messages.GetOrAdd(message.Text("id")!, () => message);
        Tell(room, message);
        return message;
    }

    public void Tell(DiscordRoom room, JsonObject message)
    {
        foreach (var session in _sessions.List()) { session.TellMessage(room, message); }
    }

    /// <summary>What was said: another one, when the same nonce was said before.</summary>
    public JsonObject Say(DiscordRoom room, JsonObject message, string? nonce, DiscordSaid said)
    {
        var isNew = false;
        JsonObject Keep()
        {
            isNew = true;
            lock (_gate)
            {
                _said.Enqueue(said);
                if (_said.Count > SaidMax) { _said.Dequeue(); }
            }
            return message;
        }
        var kept = nonce is null ? Keep() : _byNonce.GetOrAdd(nonce, Keep);
        if (isNew) { Hear(room, kept); }
        return kept;
    }

    /// <summary>How long until the channel takes another; zero when it takes this one.</summary>
    public TimeSpan LimitOf(string room, out int remaining)
    {
        lock (_gate)
        {
            var now = World.Time.GetTimestamp();
            if (!_sentAt.TryGetValue(room, out var sent)) { _sentAt[room] = sent = new(); }
            while (sent.TryPeek(out var first) && World.Time.GetElapsedTime(first, now) >= s_limitWindow) { sent.Dequeue(); }
            if (sent.Count >= _faults.MessagesPer5Seconds)
            {
                remaining = 0;
                return sent.TryPeek(out var oldest) ? s_limitWindow - World.Time.GetElapsedTime(oldest, now) : s_limitWindow;
            }
            sent.Enqueue(now);
            remaining = _faults.MessagesPer5Seconds - sent.Count;
            return TimeSpan.Zero;
        }
    }
}
