using System.Text.Json;

namespace Wopr.Bot.Channels.Sending;

/// <summary>
/// Lines that are only ever added; each is on the disk before anybody acts on it. A last line that was not written whole
/// counts as not written; any other that cannot be read means that the file was damaged.
/// </summary>
internal sealed class OutboxFile(string path)
{
    private long _length;

    public long Length => _length;

    /// <param name="aside">Where the damaged file is kept as it was found; null: it is sound.</param>
    public List<OutboxLine> Load(DateTimeOffset now, out string? aside)
    {
        aside = null;
        List<OutboxLine> lines = [];
        if (!Path.Exists(path)) { return lines; }
        ReadOnlySpan<byte> rest;
        try { rest = File.ReadAllBytes(path); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            aside = Disk.SetAside(path, now) ?? throw new StorageException($"{path} can neither be read nor put aside.", fault);
            return lines;
        }
        var isDamaged = false;
        while (rest.IndexOf((byte)'\n') is var end and >= 0)
        {
            if (Read(rest[..end]) is { } line) { lines.Add(line); }
            else { isDamaged = true; }
            rest = rest[(end + 1)..];
            _length += end + 1;
        }
        if (!isDamaged) { return lines; }
        try
        {
            aside = Disk.AsideName(path, now);
            File.Copy(path, aside);
            Replace(lines);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new StorageException(fault); }
        return lines;
    }

    public void Add(OutboxLine line)
    {
        try
        {
            var bytes = Bytes([line]);
            using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite);
            // What a write that failed left behind.
            if (RandomAccess.GetLength(file) > _length) { RandomAccess.SetLength(file, _length); }
            RandomAccess.Write(file, bytes, _length);
            RandomAccess.FlushToDisk(file);
            if (_length == 0) { Disk.SyncFolder(Path.GetDirectoryName(path)!); }
            _length += bytes.Length;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new StorageException(fault); }
    }

    public void Replace(IEnumerable<OutboxLine> lines)
    {
        var bytes = Bytes(lines);
        Disk.Replace(path, bytes);
        _length = bytes.Length;
    }

    private static byte[] Bytes(IEnumerable<OutboxLine> lines)
    {
        using MemoryStream bytes = new();
        foreach (var line in lines)
        {
            JsonSerializer.Serialize(bytes, line, OutboxJson.Default.OutboxLine);
            bytes.WriteByte((byte)'\n');
        }
        return bytes.ToArray();
    }

    private static OutboxLine? Read(ReadOnlySpan<byte> line)
    {
        try { return JsonSerializer.Deserialize(line, OutboxJson.Default.OutboxLine); }
        catch (JsonException) { return null; }
    }
}
