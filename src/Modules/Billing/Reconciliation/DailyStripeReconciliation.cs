using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Billing;

/// <summary>
/// Compares the last days with Stripe's record, again and again, so that what one day's look missed the next one sees. The
/// last hour is left out: its events may still be on their way.
/// </summary>
internal sealed class DailyStripeReconciliation(
    StripeReconciliation reconciliation, TimeProvider time, ILogger<DailyStripeReconciliation> logger) : IJob
{
    private const int NamedMax = 50;
    private static readonly TimeSpan s_reach = TimeSpan.FromDays(4);
    private static readonly TimeSpan s_onTheWay = TimeSpan.FromHours(1);

    public async Task RunAsync(CancellationToken ct)
    {
        var now = time.GetUtcNow();
        if (!(await reconciliation.CompareAsync(now - s_reach, now - s_onTheWay, ct)).Succeeded(out var comparison, out var problem))
        {
            Log.StripeNotCompared(logger, problem.Detail);
            return;
        }
        foreach (var difference in comparison.Differences.Take(NamedMax)) { Log.StripeDiffers(logger, difference.ToString()); }
        Log.StripeCompared(logger, comparison.Payments, comparison.Refunds, comparison.Differences.Count);
    }
}
