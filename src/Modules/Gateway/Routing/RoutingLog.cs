using Microsoft.Extensions.Logging;

namespace Wopr.Gateway.Routing;

internal static partial class RoutingLog
{
    [LoggerMessage(LogLevel.Warning, "Circuits cannot be shared with other replicas; each decides alone until they can: {Why}")]
    public static partial void Unreachable(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "Circuits are shared with other replicas again")]
    public static partial void Recovered(ILogger logger);
}
