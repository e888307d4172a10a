using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Credits;

namespace Wopr.Gateway.Relay;

/// <summary>
/// All requests that run here, and the one clock that watches them: a timer for each would cost more than the rest of a
/// request.
/// </summary>
internal sealed partial class LiveRequests(
    RequestMeter meter, GatewayOptions options, TimeProvider time, ILogger<LiveRequests> logger) : BackgroundService
{
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(250);
    private const int TicksBetweenNotes = 4;

    private readonly ConcurrentDictionary<Guid, Exchange> _running = new();

    public ICollection<Exchange> Running => _running.Values;

    public int Count => _running.Count;

    public void Add(Exchange exchange) => _running[exchange.Id] = exchange;

    public void Remove(Exchange exchange) => _running.TryRemove(exchange.Id, out _);

    /// <summary>What runs while the process stops is watched as before: only its end ends the watch.</summary>
    public override Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_tick, time);
        for (var tick = 0; !stoppingToken.IsCancellationRequested; tick++)
        {
            foreach (var (_, exchange) in _running) { WatchSafely(exchange, notes: tick % TicksBetweenNotes == 0); }
            try { await timer.WaitForNextTickAsync(stoppingToken); }
            catch (OperationCanceledException) { return; }
        }
    }

    // One request that cannot be watched must not end the watch over all others, and the process with it.
    private void WatchSafely(Exchange exchange, bool notes)
    {
        try { Watch(exchange, notes); }
        catch (Exception error) { NotWatched(logger, exchange.Id, error); }
    }

    [LoggerMessage(LogLevel.Error, "The running request {RequestId} could not be watched")]
    private static partial void NotWatched(ILogger logger, Guid requestId, Exception error);

    private void Watch(Exchange exchange, bool notes)
    {
        if (exchange.Offer is not { } offer) { return; }
        var limits = offer.Provider.Timeouts;
        var silent = time.GetElapsedTime(exchange.MovedAt);
        var isLate = silent > (exchange.Phase == Phase.Waiting ? limits.FirstByte : limits.Idle)
            || time.GetElapsedTime(exchange.StartedAt) > limits.Total;
        if (isLate) { exchange.GiveUp(); }
        else if (silent > options.KeepAlive && time.GetElapsedTime(exchange.ToldAt) > options.KeepAlive)
        {
            exchange.ToldAt = time.GetTimestamp();
            exchange.KeepAlive?.Invoke();
        }
        if (notes && exchange.Phase != Phase.Waiting) { meter.Note(exchange.Id, exchange.Use(isWhole: false)); }
    }
}
