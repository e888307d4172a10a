using Microsoft.Extensions.Logging;

namespace Wopr.Fleet;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Error, "Bot {BotId} could not be looked at")]
    public static partial void LookFailed(ILogger logger, Guid botId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Node {NodeId} could not be told what it should have")]
    public static partial void NodeNotTold(ILogger logger, string nodeId, Exception error);

    [LoggerMessage(LogLevel.Error, "Of bot {BotId} its node cannot be told")]
    public static partial void SpecNotWritten(ILogger logger, Guid botId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Messages of bot {BotId} could not be delivered")]
    public static partial void DeliveryFailed(ILogger logger, Guid botId, Exception error);

    [LoggerMessage(LogLevel.Warning, "Bot {BotId} refused message {TurnId}: {Code}")]
    public static partial void TurnRefused(ILogger logger, Guid botId, Guid turnId, string code);

    [LoggerMessage(LogLevel.Warning, "What waits for bot {BotId} could not be delivered")]
    public static partial void LettersFailed(ILogger logger, Guid botId, Exception error);
}
