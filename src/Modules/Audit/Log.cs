using Microsoft.Extensions.Logging;

namespace Wopr.Audit;

internal static partial class Log
{
    // The hash in the log is a copy of the chain's end outside the database.
    [LoggerMessage(LogLevel.Information, "Audit seal {Number} covers {Count} events; the chain ends in {Head}")]
    public static partial void Sealed(ILogger logger, long number, long count, string head);

    [LoggerMessage(LogLevel.Warning,
        "The audit trail is not sealed: a transaction that writes to it has been open for more than {Patience}. The next pass tries again.")]
    public static partial void WritersDoNotEnd(ILogger logger, TimeSpan patience);
}
