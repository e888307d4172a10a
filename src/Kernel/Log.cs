using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "Message {Id} of {Topic} failed at attempt {Attempt} and will be tried again: {Why}")]
    public static partial void OutboxFailed(ILogger logger, Guid id, string topic, int attempt, string why);

    [LoggerMessage(LogLevel.Error, "Message {Id} of {Topic} is parked after attempt {Attempt}: {Why}")]
    public static partial void OutboxParked(ILogger logger, Guid id, string topic, int attempt, string why);

    [LoggerMessage(LogLevel.Warning, "What became of message {Id} of {Topic} cannot be written; it will be delivered again")]
    public static partial void OutboxNotSettled(ILogger logger, Guid id, string topic, Exception error);

    [LoggerMessage(LogLevel.Warning, "The outbox cannot be read; messages wait until it can: {Why}")]
    public static partial void OutboxUnreachable(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "The outbox can be read again")]
    public static partial void OutboxRecovered(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "The connection that hears notifications is lost; work waits for its next poll")]
    public static partial void ListenerLost(ILogger logger, Exception error);

    [LoggerMessage(LogLevel.Information, "Notifications are heard again")]
    public static partial void ListenerRecovered(ILogger logger);

    [LoggerMessage(LogLevel.Error, "A subscriber of {Channel} failed")]
    public static partial void SubscriberFailed(ILogger logger, string channel, Exception error);

    [LoggerMessage(LogLevel.Warning, "The lease {Name} could not be renewed: {Why}")]
    public static partial void LeaseNotRenewed(ILogger logger, string name, string why);

    [LoggerMessage(LogLevel.Warning, "The lease {Name} is lost; what ran under it stops")]
    public static partial void LeaseLost(ILogger logger, string name);

    [LoggerMessage(LogLevel.Warning, "The lease {Name} could not be given back; it ends by itself")]
    public static partial void LeaseNotReleased(ILogger logger, string name, Exception error);

    [LoggerMessage(LogLevel.Error, "The job {Name} failed and will run again")]
    public static partial void JobFailed(ILogger logger, string name, Exception error);

    [LoggerMessage(LogLevel.Warning, "Whether the job {Name} is due cannot be seen: {Why}")]
    public static partial void JobNotTaken(ILogger logger, string name, string why);
}
