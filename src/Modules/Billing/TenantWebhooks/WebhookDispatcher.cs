using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using System.Threading.Channels;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// Sends what is due. Not through the outbox, whose few workers carry everybody's mail: a tenant's slow server must
/// hold up nothing but its own events. An endpoint is served by one sender at a time, a sender serves one.
/// </summary>
internal sealed class WebhookDispatcher(
    Db db, Listener listener, WebhookSender sender, WebhookSecrets secrets, BillingMails mails, TenantWebhookOptions options,
    TimeProvider time, ILogger<WebhookDispatcher> logger) : BackgroundService
{
    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_claim = TimeSpan.FromSeconds(60);

    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private int _faulty;

    /// <summary>Makes the attempt that is due longest; false when none is.</summary>
    public async Task<bool> NextAsync(CancellationToken ct)
    {
        var now = time.Now();
        if (await WebhookSql.ClaimAsync(db, now, now + s_claim, ct) is not { } attempt) { return false; }
        _nudges.Writer.TryWrite(true);
        var outcome = secrets.Open(attempt) is { } keys
            ? await sender.SendAsync(attempt, keys, ct)
            : new(null, 0, null, "We cannot open the secret that signs for this webhook. Rotate it.");
        // Once it was sent, that is written down, also while we stop.
        await db.TransactAsync(async tx =>
        {
            await SettleAsync(tx, attempt, outcome, CancellationToken.None);
            return Done.Instance;
        }, CancellationToken.None);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = listener.On(TenantWebhooks.Channel, _ => _nudges.Writer.TryWrite(true));
        await Task.WhenAll([PollAsync(stoppingToken), .. Enumerable.Range(0, options.Senders).Select(_ => WorkAsync(stoppingToken))]);
    }

    private async Task PollAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            _nudges.Writer.TryWrite(true);
            await Task.Delay(s_poll, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private async Task WorkAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await _nudges.Reader.ReadAsync(stopping);
                while (await NextAsync(stopping)) { Interlocked.Exchange(ref _faulty, 0); }
            }
            catch (Exception) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                // Said once an outage; the poll tries again.
                if (Interlocked.Exchange(ref _faulty, 1) == 0) { WebhookLog.Waiting(logger, error.Message.Split('\n')[0]); }
            }
        }
    }

    private async Task SettleAsync(Db tx, WebhookAttempt attempt, WebhookOutcome outcome, CancellationToken ct)
    {
        var now = time.Now();
        if (outcome.IsDelivered)
        {
            await WebhookSql.TriedAsync(tx, attempt, outcome, "delivered", now, now, ct);
            await WebhookSql.WorksAsync(tx, attempt.Endpoint, ct);
            return;
        }
        var isOver = now - attempt.CreatedAt >= TenantWebhookOptions.GiveUpAfter;
        await WebhookSql.TriedAsync(tx, attempt, outcome, isOver ? "failed" : "queued",
            now + TenantWebhookOptions.DeliveryRetry(attempt.Attempts + 1), now, ct);
        await WebhookSql.FailsAsync(tx, attempt.Endpoint, now, now + TenantWebhookOptions.EndpointRest(attempt.Failures + 1), ct);
        if (attempt.FailingSince is { } since && now - since >= TenantWebhookOptions.GiveUpAfter
            && await WebhookSql.DisableAsync(tx, attempt.Endpoint, now, ct))
        {
            await mails.WebhookDisabledAsync(tx, attempt.TenantId, new Uri(attempt.Url).Host, ct);
            WebhookLog.Disabled(logger, attempt.Endpoint);
        }
    }
}

internal sealed class TenantWebhookCleaning(Db db, TimeProvider time) : IJob
{
    public Task RunAsync(CancellationToken ct) => WebhookSql.CleanAsync(db, time.Now() - TenantWebhookOptions.KeepLog, ct);
}
