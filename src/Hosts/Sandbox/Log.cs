namespace Wopr.Sandbox;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "wopr-sandbox listening on {Address}")]
    public static partial void Listening(ILogger logger, string address);
}
