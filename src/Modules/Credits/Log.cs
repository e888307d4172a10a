using Microsoft.Extensions.Logging;

namespace Wopr.Credits;

internal static partial class Log
{
    // The text is watched by operators' alerts.
    [LoggerMessage(1, LogLevel.Error, "Credit debit failed after proxy: request {Request} of tenant {Tenant}, {Nanos} nano-dollars short")]
    public static partial void DebitFailed(ILogger logger, Guid request, string tenant, long nanos);

    [LoggerMessage(2, LogLevel.Warning, "the ledger waits for the database: {Error}")]
    public static partial void WriterWaits(ILogger logger, string error);

    [LoggerMessage(3, LogLevel.Error, "an operation of the ledger could not be written, and is not charged")]
    public static partial void WriterFailed(ILogger logger, Exception error);

    [LoggerMessage(4, LogLevel.Warning, "another replica took the ledger's writer {Writer} for dead and settled its requests; a new one begins")]
    public static partial void WriterEnded(ILogger logger, Guid writer);

    [LoggerMessage(5, LogLevel.Warning,
        "the ledger's writer {Writer} fell silent: {Settled} of its requests were settled at their last note, {Nanos} nano-dollars went back to tenants")]
    public static partial void WriterSwept(ILogger logger, Guid writer, int settled, long nanos);

    [LoggerMessage(6, LogLevel.Error, "{What}: tenant {Tenant}, expected {Expected} nano-dollars, found {Found}")]
    public static partial void Differs(ILogger logger, string what, string tenant, long expected, long found);

    [LoggerMessage(7, LogLevel.Information, "reconciled {Accounts} accounts with {Entries} entries: {Differences} differences")]
    public static partial void Reconciled(ILogger logger, long accounts, long entries, int differences);
}
