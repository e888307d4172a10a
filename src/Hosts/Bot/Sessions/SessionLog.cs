using System.Buffers;

namespace Wopr.Bot.Sessions;

/// <summary>
/// One session's file. Entries are only ever added, and one that was answered for is on the disk: of callers that arrive
/// together one writes for all, so that a flush is paid once. What a failed write left behind is cut off again.
/// </summary>
internal sealed class SessionLog
{
    private readonly string _path;
    private readonly Action<SessionLog, Entry> _written;
    private readonly Lock _gate = new();
    // Held while the disk works, so that nobody who only asks waits for it.
    private readonly Lock _file = new();
    private readonly List<long> _ends;
    private List<Pending> _pending = [];
    private bool _isWriting;
    private bool _isDeleted;

    public SessionLog(string path, List<long> ends, Action<SessionLog, Entry> written)
    {
        (_path, _ends, _written) = (path, ends, written);
        Name = Path.GetFileNameWithoutExtension(path);
    }

    public string Name { get; }

    /// <summary>How many entries there are: the number of the last.</summary>
    public long Count { get { lock (_gate) { return _ends.Count; } } }

    public bool IsDeleted { get { lock (_gate) { return _isDeleted; } } }

    /// <summary>On the disk when this returns; takes no token because a write that was begun is finished.</summary>
    public async Task<Entry> AppendAsync(Entry entry)
    {
        Pending mine = new(entry);
        bool leads;
        lock (_gate)
        {
            if (_isDeleted) { throw Deleted(); }
            _pending.Add(mine);
            leads = !_isWriting;
            _isWriting = true;
        }
        if (leads) { await Task.Run(WriteAll, CancellationToken.None); }
        return await mine.Written.Task;
    }

    /// <summary>Entries from one number to another, both included; numbers that do not exist are skipped.</summary>
    public IReadOnlyList<Entry> Read(long first, long last)
    {
        long start;
        long[] ends;
        lock (_gate)
        {
            (first, last) = (Math.Max(first, 1), Math.Min(last, _ends.Count));
            if (first > last || _isDeleted) { return []; }
            start = first == 1 ? 0 : _ends[(int)first - 2];
            ends = [.. _ends[(int)(first - 1)..(int)last]];
        }
        var buffer = ArrayPool<byte>.Shared.Rent((int)(ends[^1] - start));
        try
        {
            using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = buffer.AsSpan(0, (int)(ends[^1] - start));
            var read = 0;
            while (read < bytes.Length)
            {
                var got = RandomAccess.Read(file, bytes[read..], start + read);
                if (got == 0) { throw new StorageException($"The file of session {Name} is shorter than it was."); }
                read += got;
            }
            List<Entry> entries = new(ends.Length);
            var from = 0;
            foreach (var end in ends)
            {
                var to = (int)(end - start);
                entries.Add(EntryLine.Read(bytes[from..(to - 1)])
                    ?? throw new StorageException($"The file of session {Name} was changed by somebody else. Restart the bot."));
                from = to;
            }
            return entries;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new StorageException(fault); }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public Entry? Find(long number) => Read(number, number) is [var entry] ? entry : null;

    /// <summary>The file, and how much of it is whole entries now.</summary>
    public FileStream OpenWhole(out long length)
    {
        lock (_gate) { length = _ends.Count == 0 ? 0 : _ends[^1]; }
        try { return new(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete); }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new StorageException(fault); }
    }

    /// <summary>Only when no turn of it runs: what is being written is refused.</summary>
    public void Delete()
    {
        lock (_file)
        {
            lock (_gate) { _isDeleted = true; }
            Disk.Delete(_path);
        }
    }

    private void WriteAll()
    {
        while (true)
        {
            List<Pending> batch;
            lock (_gate)
            {
                if (_pending.Count == 0)
                {
                    _isWriting = false;
                    return;
                }
                (batch, _pending) = (_pending, []);
            }
            Write(batch);
        }
    }

    private void Write(List<Pending> batch)
    {
        ArrayBufferWriter<byte> lines = new();
        List<Entry> entries = new(batch.Count);
        List<long> ends = new(batch.Count);
        try
        {
            long start;
            int count;
            lock (_gate) { (start, count) = (_ends.Count == 0 ? 0 : _ends[^1], _ends.Count); }
            foreach (var pending in batch)
            {
                var entry = pending.Entry with { Number = count + entries.Count + 1 };
                EntryLine.Write(entry, lines);
                entries.Add(entry);
                ends.Add(start + lines.WrittenCount);
            }
            lock (_file)
            {
                lock (_gate) { if (_isDeleted) { throw Deleted(); } }
                Put(lines.WrittenSpan, start);
                lock (_gate) { _ends.AddRange(ends); }
            }
        }
        catch (Exception fault)
        {
            var told = fault as StorageException ?? new StorageException(fault);
            foreach (var pending in batch) { pending.Written.SetException(told); }
            return;
        }
        for (var index = 0; index < batch.Count; index++)
        {
            _written(this, entries[index]);
            batch[index].Written.SetResult(entries[index]);
        }
    }

    private void Put(ReadOnlySpan<byte> lines, long start)
    {
        // A file that was there and is gone must not be made again without what stood in it.
        using var file = File.OpenHandle(_path, start == 0 ? FileMode.OpenOrCreate : FileMode.Open, FileAccess.ReadWrite,
            FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(file);
        if (length < start)
        {
            throw new StorageException($"The file of session {Name} was cut by somebody else. Restart the bot.");
        }
        if (length > start) { RandomAccess.SetLength(file, start); }
        try
        {
            RandomAccess.Write(file, lines, start);
            RandomAccess.FlushToDisk(file);
            if (start == 0) { Disk.SyncFolder(Path.GetDirectoryName(_path)!); }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            // If this fails too, the next write cuts it off, or the next start does.
            try { RandomAccess.SetLength(file, start); }
            catch (Exception left) when (left is IOException or UnauthorizedAccessException) { }
            throw;
        }
    }

    private StorageException Deleted() => new($"The session {Name} was deleted.");

    private sealed record Pending(Entry Entry)
    {
        public TaskCompletionSource<Entry> Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
