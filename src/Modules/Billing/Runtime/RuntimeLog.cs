using Microsoft.Extensions.Logging;

namespace Wopr.Billing;

internal static partial class RuntimeLog
{
    [LoggerMessage(LogLevel.Error, "The bots' days of tenant {Tenant} were not charged; the next run tries again")]
    public static partial void ChargeFailed(ILogger logger, string tenant, Exception error);

    [LoggerMessage(LogLevel.Error, "How tenant {Tenant} stands could not be worked out; it is tried again in a few minutes")]
    public static partial void StandingFailed(ILogger logger, string tenant, Exception error);
}
