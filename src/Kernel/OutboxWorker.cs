using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>
/// Delivers what is due. A few workers per process each claim one message at a time, so a slow or poisoned message
/// holds up one worker for one attempt and no other message.
/// </summary>
internal sealed class OutboxWorker(
    Db db, Listener listener, IEnumerable<OutboxRoute> routes, OutboxPace pace, ILogger<OutboxWorker> logger) : BackgroundService
{
    private static readonly TimeSpan s_pauseAfterFault = TimeSpan.FromSeconds(1);

    private readonly ILookup<string, OutboxRoute> _routes = routes.ToLookup(route => route.Topic);
    private readonly CancellationTokenSource _abort = new();
    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private int _faulty;

    /// <summary>Takes nothing new, lets what is being handled finish, and cuts it off when the host is out of patience.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await _abort.CancelAsync();
    }

    public override void Dispose()
    {
        _abort.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string[] topics = [.. _routes.Select(route => route.Key)];
        if (topics.Length == 0) { return; }
        using var subscription = listener.On(Outbox.Channel, _ => Nudge());
        await Task.WhenAll([PollAsync(stoppingToken),
            .. Enumerable.Range(0, pace.Workers).Select(_ => WorkAsync(topics, stoppingToken))]);
    }

    private void Nudge() => _nudges.Writer.TryWrite(true);

    private async Task PollAsync(CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                Nudge();
                await Task.Delay(pace.PollEvery, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    private async Task WorkAsync(string[] topics, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                await _nudges.Reader.ReadAsync(stopping);
                while (!stopping.IsCancellationRequested && await NextAsync(topics) is { } row)
                {
                    // There may be more; another worker looks while this one is busy.
                    Nudge();
                    await DeliverAsync(row);
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return;
        }
    }

    // Not cancelled by shutdown: a claim whose answer is lost would wait for its end.
    private async Task<OutboxRow?> NextAsync(string[] topics)
    {
        try
        {
            var row = await OutboxSql.ClaimAsync(db, topics, pace.ClaimFor, CancellationToken.None);
            if (Interlocked.Exchange(ref _faulty, 0) == 1) { Log.OutboxRecovered(logger); }
            return row;
        }
        catch (Exception error)
        {
            // Said once an outage; the poll tries again.
            if (Interlocked.Exchange(ref _faulty, 1) == 0) { Log.OutboxUnreachable(logger, error.Message.Split('\n')[0]); }
            return null;
        }
    }

    private async Task DeliverAsync(OutboxRow row)
    {
        var delivery = new OutboxDelivery(row.Id, row.Attempt, IsLast: row.Attempt >= pace.AttemptsMax);
        List<string> handled = [.. row.Handled];
        Exception? failure = null;
        if (row.Attempt > pace.AttemptsMax)
        {
            failure = new DeliveryException("The process ended while handling it, again and again.", isFinal: true);
        }
        else
        {
            foreach (var route in _routes[row.Topic].Where(route => !handled.Contains(route.Handler)))
            {
                if (await HandleAsync(route, row, delivery) is { } error) { failure = error; }
                else { handled.Add(route.Handler); }
            }
        }
        await SettleAsync(row, delivery, [.. handled], failure);
    }

    private async Task<Exception?> HandleAsync(OutboxRoute route, OutboxRow row, OutboxDelivery delivery)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
        limit.CancelAfter(pace.HandleMax);
        try
        {
            await route.Handle(row.Body, delivery, limit.Token).WaitAsync(limit.Token);
            return null;
        }
        catch (Exception error)
        {
            return error;
        }
    }

    /// <summary>Writes the outcome down, trying as long as the claim holds: what cannot be written is delivered again.</summary>
    private async Task SettleAsync(OutboxRow row, OutboxDelivery delivery, string[] handled, Exception? failure)
    {
        using var claim = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
        claim.CancelAfter(pace.ClaimFor - pace.HandleMax);
        while (true)
        {
            try
            {
                await WriteAsync(row, delivery, handled, failure, claim.Token);
                return;
            }
            catch (Exception error)
            {
                if (claim.IsCancellationRequested)
                {
                    Log.OutboxNotSettled(logger, row.Id, row.Topic, error);
                    return;
                }
            }
            await Task.Delay(s_pauseAfterFault, claim.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private Task WriteAsync(OutboxRow row, OutboxDelivery delivery, string[] handled, Exception? failure, CancellationToken ct)
    {
        if (failure is null) { return OutboxSql.DeleteAsync(db, row, ct); }
        var why = Why(failure);
        if (failure is DeliveryException { IsFinal: true } || delivery.IsLast)
        {
            Log.OutboxParked(logger, row.Id, row.Topic, row.Attempt, why);
            return OutboxSql.ParkAsync(db, row, handled, why, ct);
        }
        Log.OutboxFailed(logger, row.Id, row.Topic, row.Attempt, why);
        return OutboxSql.RetryAsync(db, row, handled, pace.RetryAfter(row.Attempt, Random.Shared.NextDouble()), why, ct);
    }

    // Other exceptions' messages may quote what was being sent, so only their kind and place are kept.
    private static string Why(Exception error)
    {
        if (error is DeliveryException known) { return known.Message; }
        var place = error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Wopr.", StringComparison.Ordinal));
        return $"{error.GetType().Name} {place?.Trim()}".Trim();
    }
}
