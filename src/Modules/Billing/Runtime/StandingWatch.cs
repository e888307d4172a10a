using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Looks after tenants whose time is up, and at every balance once in a while.</summary>
internal sealed class StandingWatch(Db db, Standings standings, TimeProvider time, ILogger<StandingWatch> logger) : IJob
{
    private const int BatchSize = 100;
    private static readonly TimeSpan s_afterFault = TimeSpan.FromMinutes(5);

    public async Task RunAsync(CancellationToken ct)
    {
        while (await StandingSql.DueAsync(db, time.Now(), BatchSize, ct) is { Count: > 0 } tenants)
        {
            foreach (var tenant in tenants) { await LookAsync(tenant, ct); }
        }
    }

    private async Task LookAsync(string tenant, CancellationToken ct)
    {
        try
        {
            await db.TransactAsync(async tx =>
            {
                await standings.StepAsync(tx, tenant, Occasion.Time, ct);
                return Done.Instance;
            }, ct);
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            RuntimeLog.StandingFailed(logger, tenant, error);
            await StandingSql.PutOffAsync(db, tenant, time.Now() + s_afterFault, ct);
        }
    }
}
