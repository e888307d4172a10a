using System.Text;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Stripe;

/// <summary>Brings events to webhooks, signed; again and again until somebody says 2xx or patience ends.</summary>
internal sealed class Deliveries(TimeProvider time) : IHostedService, IDisposable
{
    private const int AttemptsMax = 12;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromMinutes(1);

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false })
    {
        Timeout = TimeSpan.FromSeconds(10),
    };

    private readonly Lock _lock = new();
    private readonly List<Hook> _hooks = [];
    private readonly Bounded<Attempt> _log = new();
    private readonly Bounded<Task> _tried = new();
    private DeliverySettings _settings = new();
    private long _logged;

    public int Count
    {
        get { lock (_lock) { return _hooks.Count; } }
    }

    public DeliverySettings Settings
    {
        get { lock (_lock) { return _settings; } }
        set { lock (_lock) { _settings = value; } }
    }

    public List<Attempt> NewestFirst()
    {
        var log = _log.List();
        log.Reverse();
        return log;
    }

    public void Add(string id, Uri url, string secret, string[] events)
    {
        var hook = new Hook(id, url, secret, events);
        lock (_lock) { _hooks.Add(hook); }
        hook.Loop = RunAsync(hook, hook.Stop.Token);
    }

    public void Remove(string id)
    {
        lock (_lock)
        {
            foreach (var hook in _hooks.Where(hook => hook.Id == id)) { hook.Stop.Cancel(); }
            _hooks.RemoveAll(hook => hook.Id == id);
        }
    }

    /// <param name="duplicate">More copies than the settings ask for.</param>
    public void Send(JsonObject told, int duplicate = 0)
    {
        var (id, type, body) = (told.Id(), told.Text("type")!, StripeJson.Write(told));
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var hooks = _hooks.FindAll(hook => hook.Wants(type));
            var isLost = _settings.Lose > 0 && hooks.Count > 0;
            if (isLost) { _settings = _settings with { Lose = _settings.Lose - 1 }; }
            List<Task> tried = [];
            foreach (var hook in hooks)
            {
                for (var copy = 0; copy <= (isLost ? 0 : _settings.Duplicate + duplicate); copy++)
                {
                    var delivery = new Delivery(id, type, body);
                    if (!isLost && hook.Add(delivery, now, _settings)) { tried.Add(delivery.Tried.Task); }
                    else { Note(delivery, hook, isLost ? "lost" : "dropped", null, isLost ? null : "Too many events are waiting."); }
                }
            }
            _tried.TryTake(id, out _);
            _tried.GetOrAdd(id, () => Task.WhenAll(tried));
        }
    }

    /// <summary>Waits until the event was tried once everywhere, or no longer.</summary>
    public async Task TriedAsync(string eventId, TimeSpan patience, CancellationToken ct)
    {
        if (!_tried.TryGet(eventId, out var tried)) { return; }
        try { await tried.WaitAsync(patience, time, ct); }
        catch (TimeoutException) { return; }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        List<Hook> hooks;
        lock (_lock) { hooks = [.. _hooks]; }
        foreach (var hook in hooks) { await hook.Stop.CancelAsync(); }
        await Task.WhenAll(hooks.Select(hook => hook.Loop));
    }

    public void Dispose()
    {
        foreach (var hook in _hooks) { hook.Dispose(); }
        _http.Dispose();
    }

    private async Task RunAsync(Hook hook, CancellationToken ct)
    {
        try
        {
            while (true)
            {
                var delivery = await hook.NextAsync(time, ct);
                delivery.Attempts++;
                var (status, error) = await PostAsync(hook, delivery, ct);
                var isDone = status is >= 200 and < 300;
                var isLast = delivery.Attempts >= AttemptsMax;
                Note(delivery, hook, isDone ? "delivered" : isLast ? "given_up" : "failed", status, error);
                delivery.Tried.TrySetResult();
                if (!isDone && !isLast) { hook.Again(delivery, time.GetUtcNow() + Pause(delivery.Attempts)); }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task<(int? Status, string? Error)> PostAsync(Hook hook, Delivery delivery, CancellationToken ct)
    {
        var at = time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url)
        {
            Content = new StringContent(delivery.Body, Encoding.UTF8, "application/json"),
        };
        request.Headers.UserAgent.ParseAdd("Stripe/1.0");
        request.Headers.Accept.ParseAdd("*/*");
        request.Headers.Add("Stripe-Signature", Signature.Of(hook.Secret, at, delivery.Body));
        try
        {
            using var answer = await _http.SendAsync(request, ct);
            return ((int)answer.StatusCode, null);
        }
        catch (HttpRequestException error)
        {
            return (null, error.Message);
        }
        catch (TaskCanceledException) when (!ct.IsCancellationRequested)
        {
            return (null, "No answer in time.");
        }
    }

    private static TimeSpan Pause(int attempts) =>
        TimeSpan.FromTicks(Math.Min(s_longestPause.Ticks, s_firstPause.Ticks << (attempts - 1)));

    private void Note(Delivery delivery, Hook hook, string state, int? status, string? error)
    {
        var number = Interlocked.Increment(ref _logged);
        _log.GetOrAdd($"{number}", () => new(delivery.EventId, delivery.Type, hook.Url.ToString(), delivery.Attempts,
            time.GetUtcNow(), state, status, error));
    }
}
