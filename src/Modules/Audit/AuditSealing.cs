using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Audit;

/// <summary>Seals once an hour. Every replica runs it; the database lets one through.</summary>
internal sealed class AuditSealing(Db db, AuditSealer sealer, TimeProvider time, ILogger<AuditSealing> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_look = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_look, time);
        while (await NextAsync(timer, stoppingToken))
        {
            try
            {
                if (await AuditSql.IsDueAsync(db, stoppingToken)) { await sealer.SealAsync(stoppingToken); }
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                Log.SealingFailed(logger, error);
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken ct)
    {
        try
        {
            return await timer.WaitForNextTickAsync(ct);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
