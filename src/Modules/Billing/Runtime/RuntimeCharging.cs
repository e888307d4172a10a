using System.Globalization;
using Microsoft.Extensions.Logging;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// Charges the days of bots that are over. After the day and not before, because only then is it known what the bot
/// was on it; a balance cannot fall below zero, so what is missing is ours to lose, and a start needs a day's price.
/// </summary>
internal sealed class RuntimeCharging(
    Db db, Ledger ledger, BotPrices prices, Standings standings, TimeProvider time, ILogger<RuntimeCharging> logger) : IJob
{
    public const string Name = "billing-runtime";

    private const int BatchSize = 200;

    // A transaction that began before midnight may still tell of that day.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken ct)
    {
        var today = DateOnly.FromDateTime((time.Now() - s_patience).UtcDateTime);
        while (await RollAsync(today.AddDays(-1), ct) == BatchSize) { ct.ThrowIfCancellationRequested(); }
        var last = "";
        while (await BotSql.TenantsDueAsync(db, today, last, BatchSize, ct) is { Count: > 0 } tenants)
        {
            foreach (var tenant in tenants) { await ChargeAllAsync(tenant, today, ct); }
            last = tenants[^1];
        }
    }

    private Task<int> RollAsync(DateOnly through, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        var behind = await BotSql.TakeBehindAsync(tx, through, BatchSize, ct);
        if (behind.Count > 0) { await BotSql.RollAsync(tx, [.. behind], through, prices, ct); }
        return behind.Count;
    }, ct);

    private async Task ChargeAllAsync(string tenant, DateOnly before, CancellationToken ct)
    {
        try
        {
            while (await ChargeAsync(tenant, before, ct) == BatchSize) { ct.ThrowIfCancellationRequested(); }
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            RuntimeLog.ChargeFailed(logger, tenant, error);
        }
    }

    private Task<int> ChargeAsync(string tenant, DateOnly before, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        // The standing is locked first everywhere; the ledger's account comes after it.
        await StandingSql.EnsureAsync(tx, tenant, time.Now(), ct);
        await StandingSql.LockAsync(tx, tenant, ct);
        var days = await BotSql.TakeDueAsync(tx, tenant, before, BatchSize, ct);
        foreach (var day in days) { await ChargeAsync(tx, tenant, day, ct); }
        if (days.Count > 0) { await standings.StepAsync(tx, tenant, Occasion.Charge, ct); }
        return days.Count;
    }, ct);

    private async Task ChargeAsync(Db tx, string tenant, DueDay day, CancellationToken ct)
    {
        var date = day.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var missing = await TakeAsync(tx, new(tenant, $"runtime:{day.BotId}:{date}", EntryKind.Runtime,
            BotPrices.Prorated(day.Runtime ?? Money.Zero, day.Hours), $"{day.Name} on {date}"), ct);
        missing += await TakeAsync(tx, new(tenant, $"storage:{day.BotId}:{date}", EntryKind.Storage,
            BotPrices.Prorated(day.Storage, day.Hours), $"Storage of {day.Name} on {date}"), ct);
        await BotSql.ChargedAsync(tx, day, missing, time.Now(), ct);
    }

    private async Task<Money> TakeAsync(Db tx, LedgerPost post, CancellationToken ct) =>
        post.Amount > Money.Zero ? (await ledger.ChargeAsync(tx, post, ct)).Missing : Money.Zero;
}
