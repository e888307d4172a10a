namespace Wopr.Platform;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "wopr-platform listening on http://0.0.0.0:{Port}")]
    public static partial void Listening(ILogger logger, int port);

    [LoggerMessage(LogLevel.Warning, "Rate limits are not shared between replicas at the moment: {Reason}")]
    public static partial void RateLimitsNotShared(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Whether there is maintenance cannot be read at the moment: {Reason}")]
    public static partial void MaintenanceUnknown(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Not ready: {Count} migrations are pending ({Steps}). Run ./wopr migrate.")]
    public static partial void MigrationsPending(ILogger logger, int count, string steps);
}
