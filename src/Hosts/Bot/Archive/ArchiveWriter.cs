using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using Wopr.Bot.Memory;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Archive;

/// <summary>
/// All that a bot keeps as one tar.gz, piece by piece, so that none of it is in memory whole. Sessions only grow: what is
/// exported is each as long as it was when its turn came.
/// </summary>
/// <param name="more">Path and bytes of what else goes in, asked when it is its turn.</param>
internal sealed class ArchiveWriter(
    Guid bot, SessionStore store, MemoryFiles files, ScheduleBook book, Func<IEnumerable<(string Path, byte[] Bytes)>> more,
    TimeProvider time)
{
    private const int PieceBytes = 128 * 1024;
    private const int ReadBytes = 64 * 1024;

    public async IAsyncEnumerable<ArchivePiece> ExportAsync([EnumeratorCancellation] CancellationToken ct)
    {
        using MemoryStream packed = new();
        List<ManifestEntry> entries = [];
        await using (GZipStream zip = new(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            foreach (var view in store.List().Sessions)
            {
                if (store.Find(view.Session) is not { } session) { continue; }
                var path = $"sessions/{view.Session}.jsonl";
                using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                await using var file = session.Log.OpenWhole(out var length);
                Begin(zip, path, length);
                var buffer = new byte[ReadBytes];
                for (var left = length; left > 0;)
                {
                    var got = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, ReadBytes)), ct);
                    if (got == 0) { throw new StorageException($"The file of session {view.Session} is shorter than it was."); }
                    zip.Write(buffer.AsSpan(0, got));
                    hash.AppendData(buffer.AsSpan(0, got));
                    left -= got;
                    if (packed.Length >= PieceBytes) { yield return Take(packed); }
                }
                zip.Write(new byte[TarHeader.PaddingOf(length)]);
                entries.Add(new(path, length, Convert.ToHexStringLower(hash.GetHashAndReset())));
            }
            foreach (var (path, bytes) in Small())
            {
                Put(zip, path, bytes);
                entries.Add(new(path, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
                if (packed.Length >= PieceBytes) { yield return Take(packed); }
            }
            Manifest manifest = new(Manifest.OurProduct, Manifest.OurVersion, bot, time.GetUtcNow(), entries);
            Put(zip, Manifest.Path, JsonSerializer.SerializeToUtf8Bytes(manifest, ManifestJson.Default.Manifest));
            zip.Write(new byte[2 * TarHeader.BlockBytes]);
        }
        while (packed.Length > 0) { yield return Take(packed); }
    }

    private IEnumerable<(string Path, byte[] Bytes)> Small()
    {
        foreach (var path in files.Paths())
        {
            if (files.Find(path) is { } bytes) { yield return (path, bytes); }
        }
        if (book.All is { Count: > 0 } schedules) { yield return (ScheduleFile.Name, ScheduleFile.Bytes(schedules)); }
        foreach (var one in more()) { yield return one; }
    }

    private void Put(GZipStream zip, string path, byte[] bytes)
    {
        Begin(zip, path, bytes.Length);
        zip.Write(bytes);
        zip.Write(new byte[TarHeader.PaddingOf(bytes.Length)]);
    }

    private void Begin(GZipStream zip, string path, long length) =>
        zip.Write(new TarHeader(path, length, IsFolder: false).ToBlock(time.GetUtcNow()));

    private static ArchivePiece Take(MemoryStream packed)
    {
        var bytes = packed.ToArray();
        packed.SetLength(0);
        if (bytes.Length <= 4 * PieceBytes) { return new(bytes); }
        packed.Write(bytes.AsSpan(4 * PieceBytes));
        return new(bytes[..(4 * PieceBytes)]);
    }
}
