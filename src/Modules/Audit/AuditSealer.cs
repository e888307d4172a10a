using System.Globalization;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;

namespace Wopr.Audit;

/// <summary>
/// Seals what has been recorded since the last seal, without making a writer wait.
/// </summary>
/// <remarks>
/// The danger is an event that becomes visible under a seal that is already made. Ids are drawn before they are
/// committed, so the highest visible id proves nothing. Hence: read the last id drawn, then look who holds the lock
/// that every insert takes before it draws an id and keeps to the end of its transaction. When all of those have
/// ended, no transaction can still show an id up to the one read first. Whoever comes later draws a higher id.
/// </remarks>
internal sealed class AuditSealer(Db db, AuditLog log, TimeProvider time, ILogger<AuditSealer> logger) : IJob
{
    /// <summary>Each seal is announced among the events, so taking the last one away leaves a trace too.</summary>
    public const string Sealed = "audit.sealed";

    private const int EventsPerSealMax = 20_000;
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(50);

    /// <summary>How long to wait for writers before leaving it to the next pass.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    public Task RunAsync(CancellationToken ct) => SealAsync(ct);

    /// <summary>How many seals were made; none when another replica is at it, or a writer does not end.</summary>
    public async Task<int> SealAsync(CancellationToken ct)
    {
        var made = 0;
        while (await db.TransactAsync(tx => SealOneAsync(tx, ct), ct) is { } seal)
        {
            made++;
            Log.Sealed(logger, seal.Number, seal.Count, Convert.ToHexStringLower(seal.ChainHash));
            if (seal.Count < EventsPerSealMax) { break; }
        }
        return made;
    }

    private async Task<Seal?> SealOneAsync(Db tx, CancellationToken ct)
    {
        if (!await AuditSql.TrySealingAsync(tx, ct)) { return null; }
        var horizon = await AuditSql.LastDrawnIdAsync(tx, ct);
        if (!await WritersEndAsync(tx, ct))
        {
            Log.WritersDoNotEnd(logger, Patience);
            return null;
        }
        var previous = await AuditSql.LastSealAsync(tx, ct);
        var entries = await AuditSql.RangeAsync(tx, (previous?.LastId ?? 0) + 1, horizon, EventsPerSealMax, ct);
        // Sealing announcements of seals alone would go on for ever.
        if (entries.All(entry => entry.Action == Sealed)) { return null; }

        var seal = Seal.Over(previous, await AuditSql.HourAsync(tx, ct), entries);
        await AuditSql.InsertSealAsync(tx, seal, ct);
        await log.WriteAsync(tx, Actor.System, new(Sealed, $"seal:{seal.Number}", Details: new Dictionary<string, string>
        {
            ["chain_hash"] = Convert.ToHexStringLower(seal.ChainHash),
            ["count"] = seal.Count.ToString(CultureInfo.InvariantCulture),
        }), ct);
        return seal;
    }

    private async Task<bool> WritersEndAsync(Db tx, CancellationToken ct)
    {
        var writers = await AuditSql.WritersAsync(tx, ct);
        var started = time.GetTimestamp();
        while (writers.Count > 0)
        {
            if (time.GetElapsedTime(started) > Patience) { return false; }
            await Task.Delay(s_poll, time, ct);
            writers.IntersectWith(await AuditSql.WritersAsync(tx, ct));
        }
        return true;
    }
}
