using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>Goes on with attempts that were cut off, then looks who is due.</summary>
internal sealed class TopUpJob(Db db, TopUps topUps, TimeProvider time, ILogger<TopUpJob> logger) : IJob
{
    public const string Name = "billing-top-up";

    private const int BatchSize = 200;

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var attempt in await TopUpSql.StartedAsync(db, BatchSize, ct))
        {
            await TryAsync(attempt.TenantId, () => topUps.DriveAsync(attempt, ct), ct);
        }
        var last = "";
        while (await TopUpSql.CandidatesAsync(db, time.Now(), last, BatchSize, ct) is { Count: > 0 } tenants)
        {
            foreach (var tenant in tenants) { await TryAsync(tenant, () => topUps.BeginAsync(tenant, ct), ct); }
            last = tenants[^1];
        }
    }

    private async Task TryAsync(string tenant, Func<Task> work, CancellationToken ct)
    {
        try
        {
            await work();
        }
        catch (Exception error) when (!ct.IsCancellationRequested)
        {
            TopUpLog.Failed(logger, tenant, error);
        }
    }
}

/// <summary>Stripe tells how an attempt ended; the job asks for itself.</summary>
internal sealed class TopUpHeard(Db db) : IHandle<TopUpOutcome>
{
    public Task HandleAsync(TopUpOutcome message, OutboxDelivery delivery, CancellationToken ct) => Jobs.NudgeAsync(db, TopUpJob.Name, ct);
}
