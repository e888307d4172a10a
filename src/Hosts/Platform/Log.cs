namespace Wopr.Platform;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "wopr-platform listening on http://0.0.0.0:{Port}")]
    public static partial void Listening(ILogger logger, int port);

    [LoggerMessage(LogLevel.Information,
        "wopr-platform was told to stop: not ready from now on, closing in {Seconds} s, then finishing what runs")]
    public static partial void Stopping(ILogger logger, int seconds);

    [LoggerMessage(LogLevel.Information, "wopr-platform stopped")]
    public static partial void Stopped(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "Rate limits are not shared between replicas at the moment: {Reason}")]
    public static partial void RateLimitsNotShared(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Whether there is maintenance cannot be read at the moment: {Reason}")]
    public static partial void MaintenanceUnknown(ILogger logger, string reason);

    [LoggerMessage(LogLevel.Warning, "Not ready: {Count} migrations are pending ({Steps}). Run ./wopr migrate.")]
    public static partial void MigrationsPending(ILogger logger, int count, string steps);

    [LoggerMessage(LogLevel.Warning,
        "The database is ahead of this build by {Count} migrations ({Steps}); serving goes on. Replace this build by the one that brought them.")]
    public static partial void DatabaseAhead(ILogger logger, int count, string steps);
}
