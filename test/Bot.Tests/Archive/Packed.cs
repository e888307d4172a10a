using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Wopr.Bot.Tests.Archive;

/// <summary>An archive made by somebody else's tool, in whatever way a test wants it.</summary>
internal sealed class Packed
{
    private readonly List<(TarEntryType Kind, string Path, byte[] Bytes, string? Target)> _entries = [];
    private readonly List<object> _listed = [];

    public TarEntryFormat Format { get; init; } = TarEntryFormat.Ustar;

    public Packed File(string path, string text, bool isListed = true) => File(path, Encoding.UTF8.GetBytes(text), isListed);

    public Packed File(string path, byte[] bytes, bool isListed = true)
    {
        _entries.Add((TarEntryType.RegularFile, path, bytes, null));
        if (isListed) { List(path, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))); }
        return this;
    }

    public Packed Folder(string path)
    {
        _entries.Add((TarEntryType.Directory, path, [], null));
        return this;
    }

    public Packed Other(TarEntryType kind, string path)
    {
        _entries.Add((kind, path, [], null));
        return this;
    }

    public Packed Link(TarEntryType kind, string path, string target)
    {
        _entries.Add((kind, path, [], target));
        return this;
    }

    public Packed List(string path, long bytes, string sha256)
    {
        _listed.Add(new { path, bytes, sha256 });
        return this;
    }

    public Packed Manifest(string product = "wopr-bot", int version = 1) => File("manifest.json", JsonSerializer.SerializeToUtf8Bytes(new
    {
        product,
        version,
        bot = Guid.Empty,
        exportedAt = DateTimeOffset.UnixEpoch,
        entries = _listed,
    }), isListed: false);

    public byte[] Tar()
    {
        using MemoryStream plain = new();
        using (TarWriter tar = new(plain, Format, leaveOpen: true))
        {
            foreach (var (kind, path, bytes, target) in _entries)
            {
                TarEntry entry = Format == TarEntryFormat.Ustar ? new UstarTarEntry(kind, path) : new PaxTarEntry(kind, path);
                if (kind == TarEntryType.RegularFile) { entry.DataStream = new MemoryStream(bytes); }
                if (target is not null) { entry.LinkName = target; }
                tar.WriteEntry(entry);
            }
        }
        return plain.ToArray();
    }

    public byte[] Gzip() => Gzip(Tar());

    public static byte[] Gzip(byte[] plain)
    {
        using MemoryStream packed = new();
        using (GZipStream zip = new(packed, CompressionLevel.Optimal, leaveOpen: true)) { zip.Write(plain); }
        return packed.ToArray();
    }
}
