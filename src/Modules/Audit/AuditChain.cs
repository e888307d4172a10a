using Wopr.Kernel;

namespace Wopr.Audit;

/// <param name="Seal">The first seal that does not hold.</param>
/// <param name="Event">The event it fails at, when it is one.</param>
public sealed record ChainFault(long Seal, long? Event, string What);

/// <param name="Unsealed">Events since the last seal, which nothing protects yet.</param>
/// <param name="Head">The end of the chain. Kept outside the database it proves later that nothing was
/// rewritten.</param>
public sealed record ChainReport(long Seals, long Events, long Unsealed, string? Head, ChainFault? Fault)
{
    public bool Intact => Fault is null;
}

/// <summary>Makes every hash again and names the first seal and event that differ.</summary>
public sealed class AuditChain(Db db)
{
    private const int EventsPerRead = 5_000;

    public async Task<ChainReport> VerifyAsync(CancellationToken ct)
    {
        long events = 0;
        Seal? previous = null;
        while (await AuditSql.NextSealAsync(db, previous?.Number ?? 0, ct) is { } seal)
        {
            if (LinkFault(previous, seal) is { } broken) { return Report(previous, events, 0, broken); }
            if (await EventFaultAsync(seal, ct) is { } changed) { return Report(previous, events, 0, changed); }
            events += seal.Count;
            previous = seal;
        }
        // Read last: what was announced before the seals were read is among them.
        var lost = await AuditSql.LostSealAsync(db, ct) is { } target
            ? new ChainFault(long.Parse(target.AsSpan("seal:".Length), null), null,
                "It was announced among the events and is missing or another now.")
            : null;
        return Report(previous, events, await AuditSql.CountAfterAsync(db, previous?.LastId ?? 0, ct), lost);
    }

    private static ChainReport Report(Seal? last, long events, long unsealed, ChainFault? fault) => new(
        last?.Number ?? 0, events, unsealed, last is null ? null : Convert.ToHexStringLower(last.ChainHash), fault);

    private static ChainFault? LinkFault(Seal? previous, Seal seal)
    {
        var expected = (previous?.Number ?? 0) + 1;
        if (seal.Number != expected) { return new(expected, null, "The seal is missing."); }
        if (seal.FirstId != (previous?.LastId ?? 0) + 1
            || !seal.PreviousHash.AsSpan().SequenceEqual(previous?.ChainHash ?? Seal.Beginning))
        {
            return new(seal.Number, null, "The seal does not continue the one before it.");
        }
        return seal.ChainHash.AsSpan().SequenceEqual(seal.Link())
            && seal.EventsHash.AsSpan().SequenceEqual(System.Security.Cryptography.SHA256.HashData(seal.Leaves))
            && seal.LeafCount == seal.Count
                ? null
                : new(seal.Number, null, "The seal was changed.");
    }

    private async Task<ChainFault?> EventFaultAsync(Seal seal, CancellationToken ct)
    {
        var (leaf, next) = (0, seal.FirstId);
        while (next <= seal.LastId)
        {
            var entries = await AuditSql.RangeAsync(db, next, seal.LastId, EventsPerRead, ct);
            foreach (var entry in entries)
            {
                if (leaf >= seal.LeafCount || entry.Id < seal.LeafId(leaf))
                {
                    return new(seal.Number, entry.Id, "The event was added after the seal was made.");
                }
                if (entry.Id > seal.LeafId(leaf)) { return Missing(seal, leaf); }
                if (!seal.LeafHash(leaf).SequenceEqual(entry.Hash()))
                {
                    return new(seal.Number, entry.Id, "The event was changed after the seal was made.");
                }
                leaf++;
            }
            if (entries.Count < EventsPerRead) { break; }
            next = entries[^1].Id + 1;
        }
        return leaf < seal.LeafCount ? Missing(seal, leaf) : null;
    }

    private static ChainFault Missing(Seal seal, int leaf) =>
        new(seal.Number, seal.LeafId(leaf), "The event was deleted after the seal was made.");
}
