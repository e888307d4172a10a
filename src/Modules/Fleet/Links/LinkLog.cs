using Microsoft.Extensions.Logging;

namespace Wopr.Fleet;

internal static partial class LinkLog
{
    [LoggerMessage(LogLevel.Information, "{Peer} is linked")]
    public static partial void Opened(ILogger logger, string peer);

    [LoggerMessage(LogLevel.Information, "The link of {Peer} is over: {Why}")]
    public static partial void Closed(ILogger logger, string peer, string why);

    [LoggerMessage(LogLevel.Warning, "{Peer} spoke for another: {Said}. Its link is closed")]
    public static partial void Foreign(ILogger logger, string peer, string said);

    [LoggerMessage(LogLevel.Warning, "That {Peer} spoke for another could not be written into the audit trail")]
    public static partial void NotAudited(ILogger logger, string peer, Exception error);

    [LoggerMessage(LogLevel.Error, "{Verb} of {Peer} failed")]
    public static partial void AnswerFailed(ILogger logger, string verb, string peer, Exception error);

    [LoggerMessage(LogLevel.Error, "The news that the link of {Peer} {What} could not be handled")]
    public static partial void NewsFailed(ILogger logger, string peer, string what, Exception error);

    [LoggerMessage(LogLevel.Warning, "The link of {Peer} could not be noted; it has to come again: {Why}")]
    public static partial void NotEntered(ILogger logger, string peer, string why);

    [LoggerMessage(LogLevel.Warning, "That the link of {Peer} is over could not be noted; its row ends by itself: {Why}")]
    public static partial void NotLeft(ILogger logger, string peer, string why);

    [LoggerMessage(LogLevel.Warning, "That this replica holds its links cannot be noted; others do not find them: {Why}")]
    public static partial void NoBeat(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "This replica's links are noted again")]
    public static partial void BeatAgain(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "Leases cannot be given: {Why}")]
    public static partial void NoLeases(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "Other replicas reach this one at {Url}")]
    public static partial void Inside(ILogger logger, string url);

    [LoggerMessage(LogLevel.Warning, "A forwarded question was not signed as it must be; it came from {Address}")]
    public static partial void BadSignature(ILogger logger, string? address);
}
