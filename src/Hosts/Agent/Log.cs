using Microsoft.Extensions.Logging;

namespace Wopr.Agent;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Information, "Node {Node} keeps its bots in {Folder}")]
    public static partial void Started(ILogger logger, string node, string folder);

    [LoggerMessage(LogLevel.Warning, "Bots run as root: users of their own could not enter {Folder}. Keep the clone where they can, such as /srv")]
    public static partial void RunsAsRoot(ILogger logger, string folder);

    [LoggerMessage(LogLevel.Information, "Stopping; bots {What}")]
    public static partial void Stopping(ILogger logger, string what);

    [LoggerMessage(LogLevel.Information, "{Sentence}")]
    public static partial void Link(ILogger logger, string sentence);

    [LoggerMessage(LogLevel.Warning, "The platform could not be told what was seen: {Why}")]
    public static partial void NotTold(ILogger logger, string why);

    [LoggerMessage(LogLevel.Error, "{Verb} failed")]
    public static partial void AnswerFailed(ILogger logger, string verb, Exception error);

    [LoggerMessage(LogLevel.Information, "{Bot} is started, generation {Generation}, process {Pid}")]
    public static partial void BotStarted(ILogger logger, string bot, int generation, int pid);

    [LoggerMessage(LogLevel.Information, "{Bot} was found running, process {Pid}")]
    public static partial void BotAdopted(ILogger logger, string bot, int pid);

    [LoggerMessage(LogLevel.Information, "{Bot} is stopped")]
    public static partial void BotStopped(ILogger logger, string bot);

    [LoggerMessage(LogLevel.Warning, "{Bot} did not stop in time and was killed")]
    public static partial void BotKilled(ILogger logger, string bot);

    [LoggerMessage(LogLevel.Warning, "{Bot} ended with exit code {Exit}: {Fault}")]
    public static partial void BotEnded(ILogger logger, string bot, int? exit, string fault);

    [LoggerMessage(LogLevel.Information, "{Bot} and its data are erased")]
    public static partial void BotErased(ILogger logger, string bot);

    [LoggerMessage(LogLevel.Error, "{Bot} cannot be made what it should be; it is tried again")]
    public static partial void BotFailed(ILogger logger, string bot, Exception error);

    [LoggerMessage(LogLevel.Warning, "A bot called {Bot} is not taken: {Why}")]
    public static partial void SpecRefused(ILogger logger, string bot, string why);

    [LoggerMessage(LogLevel.Information, "{Bot} has data from an archive as generation {Generation}: {Sessions} sessions")]
    public static partial void Imported(ILogger logger, string bot, int generation, int sessions);

    [LoggerMessage(LogLevel.Warning, "What {Bot} wrote cannot be kept by the platform now: {Why}")]
    public static partial void NotKept(ILogger logger, string bot, string why);
}
