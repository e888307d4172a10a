using System.Text.Json.Nodes;
using Wopr.Kernel;

namespace Wopr.Sandbox.Stripe;

/// <summary>
/// Everything the pretended Stripe account has. One verb runs at a time, under <see cref="Gate"/>, so that whatever a verb
/// leaves behind agrees with itself. Of each kind the last few thousand things are kept.
/// </summary>
internal sealed class Account(TimeProvider time, Deliveries deliveries)
{
    /// <summary>What an event says of itself, and an answer when the caller names no version.</summary>
    public const string Version = "2026-10-28.endive";

    private const int KeptOfEach = 2000;

    private readonly Dictionary<Kind, Bounded<JsonObject>> _shelves =
        Kind.All.ToDictionary(kind => kind, _ => new Bounded<JsonObject>(KeptOfEach));

    public Lock Gate { get; } = new();

    public long Now => time.GetUtcNow().ToUnixTimeSeconds();

    public Deliveries Deliveries => deliveries;

    /// <summary>Where a browser reaches these pages; as the last request did.</summary>
    public string Address { get; set; } = "http://localhost";

    /// <summary>Cents on the account for each currency: it does not forget with the movements that made it.</summary>
    public Dictionary<string, long> Balance { get; } = [];

    /// <summary>What each checkout sells; a session carries it only when asked.</summary>
    public Bounded<List<JsonObject>> Lines { get; } = new(KeptOfEach);

    public static string NewId(Kind kind) => $"{kind.Prefix}{Token.New(kind.Letters)}";

    public JsonObject Add(Kind kind, JsonObject thing)
    {
        thing["livemode"] = false;
        return _shelves[kind].GetOrAdd(Id(thing), () => thing);
    }

    public JsonObject? Find(Kind kind, string id) => _shelves[kind].TryGet(id, out var thing) ? thing : null;

    public JsonObject? Find(string id) => Kind.Of(id) is { } kind ? Find(kind, id) : null;

    public JsonObject Need(Kind kind, string id, string? inBody = null) =>
        Find(kind, id) ?? throw StripeRefusal.NoSuch(kind.Noun, id, inBody ?? kind.Param, inBody is not null);

    /// <summary>The one that a parameter names, or null when it is not given.</summary>
    public JsonObject? Named(Kind kind, Form form, string name) =>
        form.Text(name) is { } id ? Need(kind, id, form[name]!.Path) : null;

    public List<JsonObject> NewestFirst(Kind kind)
    {
        var things = _shelves[kind].List();
        things.Reverse();
        return things;
    }

    public void Remove(Kind kind, string id) => _shelves[kind].TryTake(id, out _);

    /// <summary>Says what happened to whoever listens.</summary>
    public JsonObject Tell(string type, JsonObject thing, JsonObject? before = null)
    {
        var data = new JsonObject { ["object"] = thing.DeepClone() };
        if (before is not null) { data["previous_attributes"] = before; }
        var told = Add(Kind.Event, new()
        {
            ["id"] = NewId(Kind.Event),
            ["object"] = "event",
            ["api_version"] = Version,
            ["created"] = Now,
            ["data"] = data,
            ["pending_webhooks"] = deliveries.Count,
            ["request"] = new JsonObject { ["id"] = null, ["idempotency_key"] = null },
            ["type"] = type,
        });
        deliveries.Send(told);
        return told;
    }

    public static string Id(JsonObject thing) => (string)thing["id"]!;
}
