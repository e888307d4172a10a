using Microsoft.Extensions.Logging;

namespace Wopr.Billing;

internal static partial class WebhookLog
{
    [LoggerMessage(LogLevel.Error,
        "The secret of webhook {Endpoint} does not open. Add the secret it was sealed under to PLATFORM_SECRET_PREVIOUS.")]
    public static partial void DoesNotOpen(ILogger logger, Guid endpoint);

    [LoggerMessage(LogLevel.Information, "Webhook {Endpoint} failed for three days and was turned off")]
    public static partial void Disabled(ILogger logger, Guid endpoint);

    [LoggerMessage(LogLevel.Warning, "Tenants' webhooks wait: {Reason}")]
    public static partial void Waiting(ILogger logger, string reason);
}
