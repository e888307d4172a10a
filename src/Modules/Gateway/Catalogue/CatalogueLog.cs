using Microsoft.Extensions.Logging;

namespace Wopr.Gateway.Catalogue;

internal static partial class CatalogueLog
{
    [LoggerMessage(LogLevel.Warning, "The model catalogue cannot be read; the last one stays until it can: {Why}")]
    public static partial void Unreachable(ILogger logger, string why);

    [LoggerMessage(LogLevel.Information, "The model catalogue can be read again")]
    public static partial void Recovered(ILogger logger);

    [LoggerMessage(LogLevel.Error,
        "The key of provider {Provider} does not open. Add the secret it was sealed under to PLATFORM_SECRET_PREVIOUS.")]
    public static partial void DoesNotOpen(ILogger logger, string provider);
}
