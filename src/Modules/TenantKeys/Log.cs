using Microsoft.Extensions.Logging;

namespace Wopr.TenantKeys;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Error,
        "The {Provider} key of tenant {TenantId} does not open. Add the secret it was sealed under to PLATFORM_SECRET_PREVIOUS.")]
    public static partial void DoesNotOpen(ILogger logger, string tenantId, string provider);
}
