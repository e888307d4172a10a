using Microsoft.Extensions.Logging;

namespace Wopr.Gateway.Keys;

internal static partial class KeysLog
{
    [LoggerMessage(LogLevel.Warning, "Gateway keys cannot be looked up; those that are known work for five minutes: {Why}")]
    public static partial void NotFound(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "Gateway keys can be looked up again")]
    public static partial void Found(ILogger logger);

    [LoggerMessage(LogLevel.Warning, "What gateway keys use cannot be shared; keys with a budget are refused after 15 seconds: {Why}")]
    public static partial void NotShared(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "What gateway keys use is shared again")]
    public static partial void Shared(ILogger logger);
}
