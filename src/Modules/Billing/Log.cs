using Microsoft.Extensions.Logging;

namespace Wopr.Billing;

internal static partial class Log
{
    [LoggerMessage(LogLevel.Warning, "Stripe answered {Method} {Path} with {Status} ({Reason}); its request id is {RequestId}")]
    public static partial void StripeRefused(ILogger logger, string method, string path, int status, string reason, string requestId);

    [LoggerMessage(LogLevel.Warning, "Stripe did not answer {Method} {Path} ({Reason})")]
    public static partial void StripeSilent(ILogger logger, string method, string path, string reason);

    [LoggerMessage(LogLevel.Warning, "A webhook from {Address} was refused: {Reason}")]
    public static partial void SignatureRefused(ILogger logger, string address, string reason);

    [LoggerMessage(LogLevel.Warning,
        "Stripe's event {EventId} ({Type}, {ObjectId}) could not be applied: {Reason}. It waits under /api/admin/billing/unprocessed.")]
    public static partial void EventUnprocessed(ILogger logger, string eventId, string type, string? objectId, string reason);

    [LoggerMessage(LogLevel.Information, "Stripe's event {EventId} ({Type}) credited {Nanos} nano-dollars to tenant {Tenant}")]
    public static partial void EventCredited(ILogger logger, string eventId, string type, long nanos, string? tenant);

    [LoggerMessage(LogLevel.Error, "Stripe's record and ours differ. {Difference}.")]
    public static partial void StripeDiffers(ILogger logger, string difference);

    [LoggerMessage(LogLevel.Information, "compared {Payments} payments and {Refunds} refunds with Stripe's record: {Differences} differences")]
    public static partial void StripeCompared(ILogger logger, int payments, int refunds, int differences);

    [LoggerMessage(LogLevel.Warning, "Stripe's record could not be compared with ours. {Reason} It is tried again tomorrow.")]
    public static partial void StripeNotCompared(ILogger logger, string reason);
}
