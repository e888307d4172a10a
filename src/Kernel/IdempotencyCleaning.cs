using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>Forgets answers after a day. Replicas that do it at once take different rows.</summary>
internal sealed partial class IdempotencyCleaning(
    IdempotencyRecords records, TimeProvider time, ILogger<IdempotencyCleaning> logger) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(s_every, time, stoppingToken);
                await records.SweepAsync(stoppingToken);
            }
            catch (Exception error)
            {
                if (!stoppingToken.IsCancellationRequested) { Failed(logger, error); }
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "Old idempotency keys could not be deleted; the next pass tries again")]
    private static partial void Failed(ILogger logger, Exception error);
}
