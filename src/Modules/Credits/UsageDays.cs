using Wopr.Kernel;

namespace Wopr.Credits;

/// <summary>Keeps a fortnight of tables ready for usage to come, and drops those that are past their keeping.</summary>
internal sealed class UsageDays(Db db, CreditsOptions options, TimeProvider time) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        await db.ExecuteAsync($"select credits.make_usage_days({today}, {today.AddDays(14)})", ct);
        await db.ExecuteAsync($"select credits.drop_usage_days({today.AddDays(-options.UsageKeptDays)})", ct);
    }
}
