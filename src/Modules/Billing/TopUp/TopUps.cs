using System.Text.Json;
using Microsoft.Extensions.Logging;
using Wopr.Auth;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// Charges saved cards. An attempt is written down before Stripe is asked and settled after it answered; one that was cut
/// off in between is asked again under the same key, so a card is charged once for it.
/// </summary>
internal sealed class TopUps(
    Db db, Ledger ledger, TenantDirectory tenants, TopUpCards cards, StripeClient stripe, Payments payments, BillingMails mails,
    TenantWebhooks webhooks, TimeProvider time, ILogger<TopUps> logger)
{
    // Stripe forgets a key after a day; asking again then would charge again.
    private static readonly TimeSpan s_keyLives = TimeSpan.FromHours(23);
    private static readonly TimeSpan s_retryFirst = TimeSpan.FromHours(1);

    /// <summary>Charges the tenant's card when it is due.</summary>
    public async Task BeginAsync(string tenant, CancellationToken ct)
    {
        if (await DueAsync(db, tenant, ct) is null) { return; }
        if (!(await cards.FindAsync(tenant, ct)).Succeeded(out var card, out var problem))
        {
            if (problem.Code == TopUpProblems.NoCard.Code) { await FailWithoutCardAsync(tenant, ct); }
            return;
        }
        var attempt = await db.TransactAsync(async tx =>
        {
            var topUp = await TopUpSql.LockAsync(tx, tenant, ct);
            if (await DueAsync(tx, tenant, ct) is not var (reason, cents)) { return null; }
            var now = time.Now();
            var attempt = new TopUpAttempt(Guid.CreateVersion7(now), tenant, reason, cents, card.Customer, card.PaymentMethod, null, now);
            if (!await TopUpSql.InsertAsync(tx, attempt, ct)) { return null; }
            if (reason == TopUpReason.Schedule)
            {
                await TopUpSql.SaveAsync(tx, topUp with { NextAt = TopUp.After(topUp.Interval!.Value, topUp.NextAt!.Value, now) }, ct);
            }
            return attempt;
        }, ct);
        if (attempt is not null) { await DriveAsync(attempt, ct); }
    }

    /// <summary>Takes an attempt on from wherever it stands.</summary>
    public async Task DriveAsync(TopUpAttempt attempt, CancellationToken ct)
    {
        if (attempt.Intent is null && time.Now() - attempt.CreatedAt > s_keyLives)
        {
            // If it was charged all the same, Stripe's event credits it.
            TopUpLog.GivenUp(logger, attempt.TenantId, attempt.Id);
            await FailAsync(attempt, null, "unknown", ct);
            return;
        }
        var asked = attempt.Intent is { } known
            ? await stripe.PaymentIntentAsync(known, ct)
            : await stripe.ChargeSavedCardAsync(attempt.Customer, attempt.PaymentMethod, attempt.Cents, new Dictionary<string, string>
            {
                ["wopr_tenant"] = attempt.TenantId,
                ["wopr_source"] = "auto_topup",
                ["wopr_attempt"] = attempt.Id.ToString("n"),
            }, attempt.Key, ct);
        if (asked.Succeeded(out var intent, out var problem))
        {
            await (intent.Status switch
            {
                "succeeded" => SucceedAsync(attempt, intent, ct),
                "processing" => TopUpSql.KnowAsync(db, attempt.Id, intent.Id, ct),
                _ => FailAsync(attempt, intent.Id, intent.Status, ct),
            });
            return;
        }
        // Whether it was charged is not known; the next run asks again.
        if (problem.Kind == ProblemKind.Unavailable)
        {
            TopUpLog.Waiting(logger, attempt.TenantId, problem.Code);
            return;
        }
        await FailAsync(attempt, null, problem.Code, ct);
    }

    // A card whose payment is contested is not charged by itself, so a debt waits for its owner.
    private async Task<(TopUpReason Reason, int Cents)?> DueAsync(Db on, string tenant, CancellationToken ct)
    {
        if (await TopUpSql.FindAsync(on, tenant, ct) is not { } topUp) { return null; }
        if (await tenants.FindAsync(on, tenant, ct) is not { IsSuspended: false }) { return null; }
        var balance = await ledger.BalanceAsync(on, tenant, ct);
        if (balance.IsFrozen || balance.Owed > Money.Zero) { return null; }
        var now = time.Now();
        var month = new DateTimeOffset(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero);
        return topUp.Due(balance.Total, await TopUpSql.ChargedSinceAsync(on, tenant, month, ct), now);
    }

    private Task SucceedAsync(TopUpAttempt attempt, PaymentIntent intent, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var topUp = await TopUpSql.LockAsync(tx, attempt.TenantId, ct);
        if (!await TopUpSql.SettleAsync(tx, attempt.Id, "succeeded", intent.Id, null, time.Now(), ct)) { return Done.Instance; }
        var said = new StripeObject(JsonSerializer.SerializeToElement(new
        {
            id = intent.Id,
            amount = intent.Amount,
            currency = intent.Currency,
            customer = intent.Customer ?? attempt.Customer,
        }));
        var outcome = await payments.CreditAsync(tx, new(
            PaymentKind.TopUp, attempt.TenantId, said, "amount", intent.Id, intent.LatestCharge, ByOperator: false), ct);
        if (outcome.Reason is { } reason) { throw new InvalidOperationException($"A top-up could not be credited: {reason}."); }
        await TopUpSql.SaveAsync(tx, topUp with { Failures = 0, RetryAt = null }, ct);
        return Done.Instance;
    }, ct);

    private Task FailAsync(TopUpAttempt attempt, string? intent, string decline, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var topUp = await TopUpSql.LockAsync(tx, attempt.TenantId, ct);
        if (await TopUpSql.SettleAsync(tx, attempt.Id, "failed", intent, decline, time.Now(), ct))
        {
            await CountFailureAsync(tx, topUp, attempt.Cents, decline, ct);
        }
        return Done.Instance;
    }, ct);

    private Task FailWithoutCardAsync(string tenant, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var topUp = await TopUpSql.LockAsync(tx, tenant, ct);
        if (await DueAsync(tx, tenant, ct) is var (_, cents)) { await CountFailureAsync(tx, topUp, cents, "no_card", ct); }
        return Done.Instance;
    }, ct);

    private async Task CountFailureAsync(Db tx, TopUp topUp, int cents, string decline, CancellationToken ct)
    {
        var failures = topUp.Failures + 1;
        var after = topUp with { Failures = failures, RetryAt = time.Now() + (s_retryFirst * Math.Pow(4, failures - 1)) };
        var isStopped = failures >= TopUp.FailuresMax;
        if (isStopped) { after = after with { UsageEnabled = false, ScheduleEnabled = false, NextAt = null, StoppedAt = time.Now() }; }
        await TopUpSql.SaveAsync(tx, after, ct);
        await (isStopped
            ? mails.TopUpStoppedAsync(tx, topUp.TenantId, ct)
            : mails.TopUpFailedAsync(tx, topUp.TenantId, Money.FromCents(cents), ct));
        await webhooks.EnqueueAsync(tx, topUp.TenantId, WebhookEvents.PaymentFailed, new Dictionary<string, object?>
        {
            ["kind"] = "top_up",
            ["amount_cents"] = cents,
            ["reason"] = decline,
            ["stopped"] = isStopped,
        }, ct);
    }
}

internal static partial class TopUpLog
{
    [LoggerMessage(LogLevel.Warning, "The top-up of tenant {Tenant} waits for Stripe: {Reason}")]
    public static partial void Waiting(ILogger logger, string tenant, string reason);

    [LoggerMessage(LogLevel.Error, "How the top-up {Attempt} of tenant {Tenant} ended was not learned within a day; look for it in Stripe")]
    public static partial void GivenUp(ILogger logger, string tenant, Guid attempt);

    [LoggerMessage(LogLevel.Error, "The top-up of tenant {Tenant} broke; the next run goes on")]
    public static partial void Failed(ILogger logger, string tenant, Exception error);
}
