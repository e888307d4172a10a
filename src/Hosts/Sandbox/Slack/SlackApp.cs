using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Slack;

/// <summary>An app in a workspace, where it speaks, and its connections.</summary>
internal sealed class SlackApp(SlackWorld world, string name)
{
    private const int SaidMax = 5_000;
    private static readonly TimeSpan s_ticketMax = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Bounded<SlackRoom> _rooms = new();
    private readonly Bounded<string> _people = new();
    private readonly Queue<SlackSaid> _said = new();
    private readonly Bounded<JsonObject> _messages = new();
    private readonly Dictionary<string, DateTimeOffset> _tickets = new(StringComparer.Ordinal);
    private readonly List<LiveSocket> _lines = [];
    private SlackFaults _faults = new();

    public SlackWorld World => world;
    public string Name => name;
    public string AppId { get; } = SlackWorld.NewId('A');
    public string BotId { get; } = SlackWorld.NewId('B');
    public string UserId { get; } = SlackWorld.NewId('U');
    public SlackDeliveries Deliveries { get; } = new(world.Time);
    public int Connected { get; private set; }

    public SlackFaults Faults
    {
        get { lock (_gate) { return _faults; } }
        set { lock (_gate) { _faults = value; } }
    }

    public IReadOnlyList<SlackSaid> Said { get { lock (_gate) { return [.. _said]; } } }

    /// <summary>The last things said by anybody, oldest first.</summary>
    public IEnumerable<JsonObject> LastMessages(int last) => _messages.List().TakeLast(last);

    public bool Takes(Func<SlackFaults, int> count, Func<SlackFaults, SlackFaults> less)
    {
        lock (_gate)
        {
            if (count(_faults) <= 0) { return false; }
            _faults = less(_faults);
            return true;
        }
    }

    public string Person(string person) => _people.GetOrAdd(person, () => SlackWorld.NewId('U'));

    public SlackRoom DirectWith(string person) => _rooms.GetOrAdd($"@{person}", () => new(SlackWorld.NewId('D'), person, Person(person)));

    public SlackRoom RoomNamed(string room) => _rooms.GetOrAdd($"#{room}", () => new(SlackWorld.NewId('C'), room, null));

    public SlackRoom? Room(string id) => _rooms.List().FirstOrDefault(room => room.Id == id);

    /// <summary>Good for one connection, soon.</summary>
    public string NewTicket()
    {
        var ticket = Guid.CreateVersion7(world.Time.GetUtcNow()).ToString();
        lock (_gate) { _tickets[ticket] = world.Time.GetUtcNow() + s_ticketMax; }
        return ticket;
    }

    public bool TakeTicket(string ticket)
    {
        lock (_gate) { return _tickets.Remove(ticket, out var until) && world.Time.GetUtcNow() < until; }
    }

    /// <summary>How many there are with it.</summary>
    public int Open(LiveSocket line)
    {
        lock (_gate)
        {
            _lines.Add(line);
            Connected++;
            return _lines.Count;
        }
    }

    public void Closed(LiveSocket line) { lock (_gate) { _lines.Remove(line); } }

    public List<LiveSocket> OpenLines() { lock (_gate) { return [.. _lines]; } }

    /// <summary>Somebody, or the app itself, says something; the app is told about it.</summary>
    public JsonObject Hear(SlackRoom room, JsonObject message, bool isMention, int times)
    {
        _messages.GetOrAdd(message.Text("ts")!, () => message);
        var told = message.DeepClone().AsObject();
        told["channel_type"] = room.Person is null ? "channel" : "im";
        Deliveries.Send(this, Event(told), times);
        if (isMention && room.Person is null)
        {
            var mention = message.DeepClone().AsObject();
            mention["type"] = "app_mention";
            Deliveries.Send(this, Event(mention), times);
        }
        return message;
    }

    public void Keep(SlackSaid said)
    {
        lock (_gate)
        {
            _said.Enqueue(said);
            if (_said.Count > SaidMax) { _said.Dequeue(); }
        }
    }

    private JsonObject Event(JsonObject told) => new()
    {
        ["token"] = "sandbox",
        ["team_id"] = world.TeamId,
        ["context_team_id"] = world.TeamId,
        ["api_app_id"] = AppId,
        ["event"] = told,
        ["type"] = "event_callback",
        ["event_id"] = $"Ev{SlackWorld.NewId('0')}",
        ["event_time"] = world.Time.GetUtcNow().ToUnixTimeSeconds(),
        ["authorizations"] = new JsonArray(new JsonObject
        {
            ["enterprise_id"] = null,
            ["team_id"] = world.TeamId,
            ["user_id"] = UserId,
            ["is_bot"] = true,
            ["is_enterprise_install"] = false,
        }),
        ["is_ext_shared_channel"] = false,
    };
}
