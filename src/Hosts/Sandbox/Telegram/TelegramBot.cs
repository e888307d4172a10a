using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Telegram;

/// <summary>How a call goes wrong.</summary>
/// <param name="Status">0: the connection is cut.</param>
/// <param name="IsBefore">Nothing is done; otherwise it is done and the caller does not hear of it.</param>
/// <param name="HoldSeconds">The caller waits so long for it.</param>
internal sealed record TelegramFault(string Method, int Status, bool IsBefore, int RetryAfter, int HoldSeconds);

internal sealed class TelegramConflictException : Exception;

/// <summary>A bot, what was said to it and what it said.</summary>
internal sealed class TelegramBot(string number, TimeProvider time)
{
    public const int TextMax = 4096;
    private const int KeptMax = 1000;

    private readonly Lock _gate = new();
    private readonly List<JsonObject> _updates = [];
    private readonly List<JsonObject> _confirmed = [];
    private readonly List<JsonObject> _sent = [];
    private readonly Dictionary<long, JsonObject> _chats = [];
    private readonly HashSet<(long Chat, long Message)> _messages = [];
    private readonly List<TelegramFault> _faults = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _poller;
    private long _nextUpdate = 700_000_000;
    private long _nextMessage = 1;
    private string? _token;

    public ConcurrentBag<string> Revoked { get; } = [];

    public string Webhook { get; set; } = "";

    public int Pending { get { lock (_gate) { return _updates.Count; } } }

    public string Name => $"wopr{number}_bot";

    public TelegramBot SeenWith(string token)
    {
        lock (_gate) { _token = token; }
        return this;
    }

    public void Revoke()
    {
        lock (_gate)
        {
            if (_token is not null) { Revoked.Add(_token); }
        }
    }

    public JsonObject Me() => new()
    {
        ["id"] = long.Parse(number, CultureInfo.InvariantCulture),
        ["is_bot"] = true,
        ["first_name"] = "WOPR",
        ["username"] = Name,
        ["can_join_groups"] = true,
        ["can_read_all_group_messages"] = false,
        ["supports_inline_queries"] = false,
    };

    /// <summary>Waits for some; whoever waits already is sent away.</summary>
    public async Task<JsonArray> UpdatesAsync(long? offset, int limit, TimeSpan wait, CancellationToken ct)
    {
        using CancellationTokenSource mine = new();
        lock (_gate)
        {
            _poller?.Cancel();
            _poller = mine;
        }
        using CancellationTokenSource late = new(wait, time);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, mine.Token, late.Token);
        try
        {
            while (true)
            {
                Task news;
                lock (_gate)
                {
                    Confirm(offset);
                    if (_updates.Count > 0 || wait == TimeSpan.Zero) { return [.. _updates.Take(limit).Select(one => one.DeepClone())]; }
                    news = _news.Task;
                }
                await news.WaitAsync(until.Token);
            }
        }
        catch (OperationCanceledException) when (mine.IsCancellationRequested) { throw new TelegramConflictException(); }
        catch (OperationCanceledException) when (late.IsCancellationRequested) { return []; }
        finally
        {
            lock (_gate)
            {
                if (_poller == mine) { _poller = null; }
            }
        }
    }

    /// <summary>Somebody says something to the bot, or in a group where it is.</summary>
    public JsonObject Hear(JsonObject message)
    {
        lock (_gate)
        {
            var chat = message["chat"]!.AsObject();
            _chats[(long)chat["id"]!] = chat;
            message["message_id"] = _nextMessage++;
            message["date"] = time.GetUtcNow().ToUnixTimeSeconds();
            _messages.Add(((long)chat["id"]!, (long)message["message_id"]!));
            JsonObject update = new() { ["update_id"] = _nextUpdate++, ["message"] = message };
            _updates.Add(update);
            Bound(_updates);
            Wake();
            return (JsonObject)update.DeepClone();
        }
    }

    /// <summary>What was confirmed comes once more, as it does after trouble on Telegram's side.</summary>
    public void Redeliver()
    {
        lock (_gate)
        {
            _updates.InsertRange(0, _confirmed);
            _confirmed.Clear();
            Wake();
        }
    }

    public JsonObject? Send(long chat, string text, long? replyTo, bool alsoWithout, long? topic, out (int Code, string Words)? fault)
    {
        lock (_gate)
        {
            fault = null;
            if (!_chats.TryGetValue(chat, out var known)) { fault = (400, "Bad Request: chat not found"); }
            else if (replyTo is { } one && !alsoWithout && !_messages.Contains((chat, one)))
            {
                fault = (400, "Bad Request: message to be replied not found");
            }
            if (fault is not null) { return null; }
            JsonObject message = new()
            {
                ["message_id"] = _nextMessage++,
                ["from"] = Me(),
                ["chat"] = known!.DeepClone(),
                ["date"] = time.GetUtcNow().ToUnixTimeSeconds(),
                ["text"] = text,
            };
            if (topic is { } thread) { message["message_thread_id"] = thread; }
            if (replyTo is { } to) { message["reply_to_message"] = new JsonObject { ["message_id"] = to }; }
            _messages.Add((chat, (long)message["message_id"]!));
            _sent.Add(message);
            Bound(_sent);
            return (JsonObject)message.DeepClone();
        }
    }

    public JsonArray Sent() { lock (_gate) { return [.. _sent.Select(message => message.DeepClone())]; } }

    public void Break(TelegramFault fault, int times)
    {
        lock (_gate) { _faults.AddRange(Enumerable.Repeat(fault, Math.Clamp(times, 1, KeptMax))); }
        if (string.Equals(fault.Method, "getUpdates", StringComparison.OrdinalIgnoreCase)) { lock (_gate) { Wake(); } }
    }

    public void Mend() { lock (_gate) { _faults.Clear(); } }

    public TelegramFault? FaultOf(string method)
    {
        lock (_gate)
        {
            var fault = _faults.Find(one => one.Method == "*" || string.Equals(one.Method, method, StringComparison.OrdinalIgnoreCase));
            if (fault is not null) { _faults.Remove(fault); }
            return fault;
        }
    }

    private void Confirm(long? offset)
    {
        if (offset is not { } from) { return; }
        // Below 0: so many from the end, and all before them are forgotten.
        if (from < 0) { from = _updates.Count >= -from ? (long)_updates[(int)(_updates.Count + from)]["update_id"]! : 0; }
        foreach (var over in _updates.Where(update => (long)update["update_id"]! < from).ToList())
        {
            _updates.Remove(over);
            _confirmed.Add(over);
        }
        Bound(_confirmed);
    }

    private void Wake()
    {
        _news.TrySetResult();
        _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private static void Bound(List<JsonObject> list)
    {
        if (list.Count > KeptMax) { list.RemoveAt(0); }
    }
}
