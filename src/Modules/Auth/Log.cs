using Microsoft.Extensions.Logging;

namespace Wopr.Auth;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "Signing in with {Provider} failed on its side: {Reason}")]
    public static partial void ProviderFailed(ILogger logger, string provider, string reason);

    [LoggerMessage(LogLevel.Information, "{Count} accounts whose time had come were erased")]
    public static partial void Erased(ILogger logger, int count);
}
