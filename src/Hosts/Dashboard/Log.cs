namespace Wopr.Dashboard;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "wopr-platform-ui listening on http://0.0.0.0:{Port}")]
    public static partial void Listening(ILogger logger, int port);

    [LoggerMessage(LogLevel.Warning, "Refused a {Method} of {Path}: it came from another site")]
    public static partial void ForeignPost(ILogger logger, string method, string path);
}
