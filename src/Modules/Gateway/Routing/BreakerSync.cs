using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Gateway.Routing;

/// <summary>
/// Keeps this replica's circuits and the written ones alike. One loop writes and reads in turn, so that it never reads
/// a circuit as it was before its own write.
/// </summary>
internal sealed class BreakerSync(
    Db db, Listener listener, TimeProvider time, BreakerPace pace, ConcurrentDictionary<OfferKey, Circuit> circuits,
    Func<OfferKey, Circuit> circuitOf, Func<TimeSpan> age, ILogger logger)
{
    private const string NewsChannel = "gateway_breaker";
    private const int WritesMax = 1000;

    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_writePatience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentQueue<(Circuit Circuit, BreakerWrite Write)> _writes = new();
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private bool _down;

    public void Nudge() => _news.Writer.TryWrite(true);

    public void Write(Circuit circuit, BreakerWrite write)
    {
        // While the database is away nobody reads them either; what is written later corrects this replica.
        if (_writes.Count >= WritesMax) { circuit.Wrote(); }
        else { _writes.Enqueue((circuit, write)); }
        Nudge();
    }

    public void Lost(Exception error)
    {
        if (!_down) { RoutingLog.Unreachable(logger, error.Message.Split('\n')[0]); }
        _down = true;
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        using var subscription = listener.On(NewsChannel, _ => Nudge());
        while (!stopping.IsCancellationRequested)
        {
            await WaitAsync(_down ? s_pauseAfterFault : pace.LookEvery, stopping);
            await WriteAsync();
            await ReadAsync(stopping);
        }
    }

    public async Task ReadAsync(CancellationToken ct)
    {
        try
        {
            var seen = circuits.ToDictionary(circuit => circuit.Key, circuit => circuit.Value.Version);
            var rows = await BreakerSql.ReadAsync(db, ct);
            Adopt(seen, rows.ToDictionary(row => row.Key));
            if (rows.Any(IsStale)) { await BreakerSql.CleanAsync(db, ct); }
            if (_down) { RoutingLog.Recovered(logger); }
            _down = false;
        }
        catch (Exception) when (ct.IsCancellationRequested)
        {
            // Stopping.
        }
        catch (Exception error)
        {
            Lost(error);
        }
    }

    private void Adopt(Dictionary<OfferKey, int> seen, Dictionary<OfferKey, BreakerRow> rows)
    {
        var now = age();
        foreach (var key in rows.Keys) { circuitOf(key); }
        foreach (var (key, circuit) in circuits)
        {
            circuit.Adopt(now, rows.GetValueOrDefault(key), seen.GetValueOrDefault(key));
            if (!rows.ContainsKey(key) && circuit.IsForgotten(now)) { circuits.TryRemove(key, out _); }
        }
    }

    private static bool IsStale(BreakerRow row) =>
        (row.IsLimited && row.RetryIn <= TimeSpan.Zero) || row.RetryIn < -TimeSpan.FromDays(1);

    /// <summary>Also while stopping: a probe of ours must not keep others waiting.</summary>
    private async Task WriteAsync()
    {
        while (_writes.TryDequeue(out var next))
        {
            using var patience = new CancellationTokenSource(s_writePatience);
            try
            {
                await next.Write(db, patience.Token);
            }
            catch (Exception error)
            {
                Lost(error);
            }
            finally
            {
                next.Circuit.Wrote();
            }
        }
    }

    private async Task WaitAsync(TimeSpan patience, CancellationToken stopping)
    {
        using var timer = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, timer.Token);
        try
        {
            await _news.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Time to look.
        }
    }
}
