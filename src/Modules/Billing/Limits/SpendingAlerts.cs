using Microsoft.Extensions.Logging;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Writes to tenants whose spending reaches a mark they set; each mark once in its day or month.</summary>
internal sealed partial class SpendingAlerts(
    Db db, UsageReports usage, BillingMails mails, TimeProvider time, ILogger<SpendingAlerts> logger) : IJob
{
    private const int BatchSize = 200;

    public async Task RunAsync(CancellationToken ct)
    {
        var last = "";
        while (await SpendingSql.TenantsAsync(db, last, BatchSize, ct) is { Count: > 0 } tenants)
        {
            foreach (var tenant in tenants) { await LookAsync(tenant, ct); }
            last = tenants[^1];
        }
    }

    private async Task LookAsync(string tenant, CancellationToken ct)
    {
        try
        {
            foreach (var limit in await SpendingSql.ListAsync(db, tenant, ct)) { await LookAsync(limit, ct); }
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            Failed(logger, tenant, error);
        }
    }

    private async Task LookAsync(SpendingLimit limit, CancellationToken ct)
    {
        var now = time.Now();
        var since = limit.Since(now);
        var spent = await usage.SpentAsync(
            db, limit.TenantId, limit.Capability, new(since, TimeOnly.MinValue, TimeSpan.Zero), now.AddHours(1), ct);
        var marks = limit.NewlyReached(spent, now);
        if (marks == SpendingMarks.None) { return; }
        await db.TransactAsync(async tx =>
        {
            var told = marks | (limit.ToldSince == since ? limit.Told : SpendingMarks.None);
            if (await SpendingSql.ToldAsync(tx, limit, since, told, ct))
            {
                await mails.SpendingAlertAsync(tx, limit.TenantId, limit.Scope, spent, limit.Words(marks), ct);
            }
            return Done.Instance;
        }, ct);
    }

    [LoggerMessage(LogLevel.Error, "The spending of tenant {Tenant} could not be looked at; the next run tries again")]
    private static partial void Failed(ILogger logger, string tenant, Exception error);
}
