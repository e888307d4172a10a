using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Wopr.Bot.Memory;
using Wopr.Bot.Schedules;
using Wopr.Bot.Sessions;
using Wopr.Protocol;

namespace Wopr.Bot.Archive;

/// <summary>
/// Unpacks an archive into an empty folder. Whoever made it may mean harm: only names that a bot has lead to a file, and
/// sizes, counts and the ratio of packing are bounded while it is read.
/// </summary>
internal sealed class ArchiveReader(string home, ArchiveLimits limits)
{
    private const int SmallBytesMax = 4 * 1024 * 1024;
    private const int MemoryBytesMax = 64 * 1024;

    private readonly Dictionary<string, ManifestEntry> _found = new(StringComparer.Ordinal);
    private byte[]? _manifest;

    /// <exception cref="ArchiveException">It is not taken; what was unpacked is to be thrown away.</exception>
    public async Task ReadAsync(Stream archive, CancellationToken ct)
    {
        try
        {
            await using BoundedStream packed = new(archive, count => count <= limits.PackedBytesMax ? null
                : ArchiveException.TooLarge($"more than {limits.PackedBytesMax >> 20} MB packed"));
            await using GZipStream zip = new(packed, CompressionMode.Decompress);
            await using BoundedStream plain = new(zip, count => Unpacked(count, packed.Count));
            await UnpackAsync(plain, ct);
        }
        catch (InvalidDataException) { throw _found.Count == 0 ? ArchiveException.Foreign() : ArchiveException.Torn(); }
        catch (EndOfStreamException) { throw _found.Count == 0 ? ArchiveException.Foreign() : ArchiveException.Torn(); }
        Compare();
    }

    private ArchiveException? Unpacked(long count, long packed) =>
        count > limits.BytesMax ? ArchiveException.TooLarge($"more than {limits.BytesMax >> 20} MB unpacked")
        : count > limits.RatioFrom && count / limits.RatioMax > packed
            ? ArchiveException.TooLarge($"it unpacks to more than {limits.RatioMax} times its size, which no export does")
        : null;

    private async Task UnpackAsync(BoundedStream plain, CancellationToken ct)
    {
        var block = new byte[TarHeader.BlockBytes];
        for (var count = 0; ; count++)
        {
            await plain.ReadExactlyAsync(block, ct);
            if (TarHeader.Read(block) is not { } header) { break; }
            if (count >= limits.EntriesMax) { throw ArchiveException.TooLarge($"more than {limits.EntriesMax} files"); }
            // Nothing comes after the manifest.
            if (_manifest is not null) { throw ArchiveException.Unknown(header.Path); }
            if (header.IsFolder)
            {
                if (header.Path.TrimEnd('/') is not ("sessions" or "memory" or "skills")) { throw ArchiveException.Unknown(header.Path); }
                continue;
            }
            await TakeAsync(plain, header, ct);
            await plain.ReadExactlyAsync(block.AsMemory(0, TarHeader.PaddingOf(header.Length)), ct);
        }
        // What follows the end is nothing, and read so that its size is bounded too.
        while (await plain.ReadAsync(block, ct) is > 0 and var got)
        {
            if (block.AsSpan(0, got).ContainsAnyExcept((byte)0)) { throw ArchiveException.Foreign(); }
        }
    }

    private async Task TakeAsync(BoundedStream plain, TarHeader header, CancellationToken ct)
    {
        if (header.Path == Manifest.Path)
        {
            if (header.Length > SmallBytesMax) { throw ArchiveException.Damaged(header.Path); }
            _manifest = new byte[header.Length];
            await plain.ReadExactlyAsync(_manifest, ct);
            return;
        }
        if (header.Length > Most(header.Path)) { throw ArchiveException.TooLarge($"{header.Path} has {header.Length} bytes"); }
        if (_found.ContainsKey(header.Path)) { throw ArchiveException.Unknown(header.Path); }
        var full = Path.Combine(home, header.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using FileStream file = new(full, FileMode.CreateNew, FileAccess.Write);
        var buffer = new byte[64 * 1024];
        for (var left = header.Length; left > 0;)
        {
            var got = await plain.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), ct);
            if (got == 0) { throw new EndOfStreamException(); }
            await file.WriteAsync(buffer.AsMemory(0, got), ct);
            hash.AppendData(buffer.AsSpan(0, got));
            left -= got;
        }
        _found.Add(header.Path, new(header.Path, header.Length, Convert.ToHexStringLower(hash.GetHashAndReset())));
    }

    // Only what a bot writes itself is written here; a name is compared whole, never cleaned.
    private static long Most(string path) =>
        path == ScheduleFile.Name || SecretFiles.All.Contains(path) ? SmallBytesMax
        : MemoryFiles.IsKnown(path) ? MemoryBytesMax
        : path.StartsWith("sessions/", StringComparison.Ordinal) && path.EndsWith(".jsonl", StringComparison.Ordinal)
            && SessionName.IsValid(path["sessions/".Length..^".jsonl".Length]) ? long.MaxValue
        : throw ArchiveException.Unknown(path);

    private void Compare()
    {
        if (_manifest is null) { throw _found.Count == 0 ? ArchiveException.Foreign() : ArchiveException.Torn(); }
        Manifest? manifest;
        try { manifest = JsonSerializer.Deserialize(_manifest, ManifestJson.Default.Manifest); }
        catch (JsonException) { throw ArchiveException.Foreign(); }
        if (manifest is not { Product: Manifest.OurProduct, Entries: not null }) { throw ArchiveException.Foreign(); }
        if (manifest.Version > Manifest.OurVersion) { throw ArchiveException.Newer(); }
        foreach (var entry in manifest.Entries)
        {
            if (entry?.Path is null || !_found.Remove(entry.Path, out var found)) { throw ArchiveException.Torn(); }
            if (found != entry) { throw ArchiveException.Changed(entry.Path); }
        }
        if (_found.Count > 0) { throw ArchiveException.Unknown(_found.Keys.First()); }
    }
}

/// <summary>How much an archive may hold; tests use smaller ones.</summary>
internal sealed record ArchiveLimits(
    long PackedBytesMax = 256L << 20, long BytesMax = 1L << 30, int EntriesMax = 10_000, int RatioMax = 100, long RatioFrom = 4 << 20);
