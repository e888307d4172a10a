using System.Buffers;
using System.Security.Cryptography;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// A bot's data as one archive, out and in. What comes in is unpacked on the bot's machine by the bot's own program as a
/// new generation beside the data there are; it counts from the moment this bot's row says so.
/// </summary>
internal sealed class BotArchives(Links links, BotRegistry bots, TimeProvider time)
{
    public const long BytesMax = 256L << 20;
    private const int PieceBytes = 512 * 1024;

    private static readonly TimeSpan s_piecePatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_unpackPatience = TimeSpan.FromMinutes(6);

    public async Task<Result<ArchiveTaken>> ImportAsync(Actor actor, string id, Stream archive, CancellationToken ct)
    {
        if (!(await bots.FindAsync(actor, id, ct)).Succeeded(out var found, out var problem)) { return problem; }
        var bot = found.Bot;
        if (BotRegistry.RefuseImport(actor, bot) is { } refusal) { return refusal; }
        var (import, peer) = (Guid.CreateVersion7(time.GetUtcNow()), $"node:{bot.NodeId}");
        ArchiveTaken taken;
        try
        {
            if (!(await SendAsync(peer, bot, import, archive, ct)).Succeeded(out var sent, out problem)) { return problem; }
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(s_unpackPatience);
            taken = await links.AskAsync(peer, NodeVerbs.Import, new(bot.Id, bot.Generation, import, sent.Length, sent.Sha256), limit.Token);
        }
        catch (LinkRefusedException refused)
        {
            return BotDesk.Problem(refused.Problem);
        }
        catch (Exception error) when (error is LinkLostException || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return FleetProblems.NodeUnreachable;
        }
        return (await bots.TakeImportAsync(actor, bot, taken, ct)).Problem is { } untaken ? untaken : taken;
    }

    private async Task<Result<Sent>> SendAsync(string peer, Bot bot, Guid import, Stream archive, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            for (var offset = 0L; ;)
            {
                var got = await archive.ReadAtLeastAsync(buffer.AsMemory(0, PieceBytes), PieceBytes, throwOnEndOfStream: false, ct);
                if (offset + got > BytesMax) { return FleetProblems.ArchiveTooLarge; }
                if (got == 0) { return offset == 0 ? FleetProblems.NoArchive : new Sent(offset, Convert.ToHexStringLower(hash.GetHashAndReset())); }
                hash.AppendData(buffer, 0, got);
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
                limit.CancelAfter(s_piecePatience);
                var kept = await links.AskAsync(
                    peer, NodeVerbs.ImportPiece, new(bot.Id, bot.Generation, import, offset, buffer[..got]), limit.Token);
                offset += got;
                if (kept.Length != offset) { return FleetProblems.NodeUnreachable; }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private sealed record Sent(long Length, string Sha256);
}
