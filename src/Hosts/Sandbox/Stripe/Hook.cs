namespace Wopr.Sandbox.Stripe;

/// <summary>One address that events go to: first attempts in order, one at a time; what failed comes again later.</summary>
internal sealed class Hook(string id, Uri url, string secret, string[] events) : IDisposable
{
    private const int WaitingMax = 10_000;
    private static readonly TimeSpan s_together = TimeSpan.FromMilliseconds(300);

    private readonly Lock _lock = new();
    private readonly PriorityQueue<Delivery, (DateTimeOffset Due, long Order)> _waiting = new();
    private readonly SemaphoreSlim _more = new(0);
    private DateTimeOffset _heldUntil;
    private long _order;

    public string Id => id;
    public Uri Url => url;
    public string Secret => secret;
    public Task Loop { get; set; } = Task.CompletedTask;
    public CancellationTokenSource Stop { get; } = new();

    public bool Wants(string type) => events.Contains("*") || events.Contains(type);

    /// <summary>False when too much is waiting.</summary>
    public bool Add(Delivery delivery, DateTimeOffset now, DeliverySettings settings)
    {
        lock (_lock)
        {
            var due = now.AddMilliseconds(settings.DelayMs);
            if (settings.Reorder)
            {
                if (_heldUntil <= now) { _heldUntil = now + s_together; }
                due += _heldUntil - now;
            }
            return Put(delivery, due, settings.Reorder);
        }
    }

    public void Again(Delivery delivery, DateTimeOffset due)
    {
        lock (_lock) { Put(delivery, due, lastFirst: false); }
    }

    public async Task<Delivery> NextAsync(TimeProvider time, CancellationToken ct)
    {
        while (true)
        {
            TimeSpan wait;
            lock (_lock)
            {
                wait = _waiting.TryPeek(out var next, out var when) ? when.Due - time.GetUtcNow() : Timeout.InfiniteTimeSpan;
                if (next is not null && wait <= TimeSpan.Zero) { return _waiting.Dequeue(); }
            }
            await _more.WaitAsync(wait == Timeout.InfiniteTimeSpan ? wait : wait + TimeSpan.FromMilliseconds(1), ct);
        }
    }

    public void Dispose()
    {
        _more.Dispose();
        Stop.Dispose();
    }

    private bool Put(Delivery delivery, DateTimeOffset due, bool lastFirst)
    {
        if (_waiting.Count >= WaitingMax) { return false; }
        var order = ++_order;
        _waiting.Enqueue(delivery, (due, lastFirst ? -order : order));
        _more.Release();
        return true;
    }
}
