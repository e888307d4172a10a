namespace Wopr.Bot.Sessions;

/// <summary>Reads a file from its start and keeps what was written whole; the rest is put aside, never thrown away.</summary>
internal static class SessionRepair
{
    private const int BufferBytes = 64 * 1024;

    /// <summary>Calls <paramref name="read"/> for every whole entry, in order; answers where each ends.</summary>
    /// <param name="aside">The file that got the tail, when there was a damaged one.</param>
    public static List<long> Open(string path, DateTimeOffset now, Action<Entry> read, out string? aside)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 1);
        List<long> ends = [];
        foreach (var (entry, end) in Whole(file))
        {
            if (entry.Number != ends.Count + 1) { break; }
            ends.Add(end);
            read(entry);
        }
        var sound = ends.Count == 0 ? 0 : ends[^1];
        aside = file.Length > sound ? CutTail(file, path, sound, now) : null;
        return ends;
    }

    private static IEnumerable<(Entry Entry, long End)> Whole(FileStream file)
    {
        var buffer = new byte[BufferBytes];
        var (held, start) = (0, 0L);
        while (true)
        {
            if (held == buffer.Length)
            {
                if (buffer.Length > EntryLine.BytesMax) { yield break; }
                Array.Resize(ref buffer, buffer.Length * 2);
            }
            var got = file.Read(buffer, held, buffer.Length - held);
            if (got == 0) { yield break; }
            held += got;
            var from = 0;
            while (buffer.AsSpan(from, held - from).IndexOf((byte)'\n') is var length and >= 0)
            {
                if (EntryLine.Read(buffer.AsSpan(from, length)) is not { } entry) { yield break; }
                from += length + 1;
                yield return (entry, start + from);
            }
            buffer.AsSpan(from, held - from).CopyTo(buffer);
            start += from;
            held -= from;
        }
    }

    // The tail is safe elsewhere before it is cut off here.
    private static string CutTail(FileStream file, string path, long sound, DateTimeOffset now)
    {
        var aside = Disk.AsideName(path, now);
        file.Position = sound;
        using (var tail = new FileStream(aside, FileMode.CreateNew))
        {
            file.CopyTo(tail);
            tail.Flush(flushToDisk: true);
        }
        Disk.SyncFolder(Path.GetDirectoryName(path)!);
        file.SetLength(sound);
        file.Flush(flushToDisk: true);
        return aside;
    }
}
