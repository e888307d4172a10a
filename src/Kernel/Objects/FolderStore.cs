using System.Runtime.InteropServices;

namespace Wopr.Kernel;

/// <summary>Objects as files under their keys. A file is written beside, forced to disk, and then given its name.</summary>
internal sealed class FolderStore : ObjectStore
{
    // No key begins with a dot, so nobody can ask for it.
    private const string Unfinished = ".unfinished";

    private readonly string _root;

    public FolderStore(string root)
    {
        _root = Path.GetFullPath(root);
        Directory.CreateDirectory(Path.Combine(_root, Unfinished));
    }

    protected override async Task<PutObject?> WriteAsync(
        string key, Stream content, bool onlyIfNew, string? sha256, CancellationToken ct)
    {
        var path = PathOf(key);
        if (onlyIfNew && File.Exists(path)) { return null; }
        var beside = Path.Combine(_root, Unfinished, Token.New());
        try
        {
            PutObject put;
            await using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, true))
            {
                put = await CopyAsync(key, content, file, sha256, ct);
                file.Flush(flushToDisk: true);
            }
            var folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder);
            if (!onlyIfNew) { File.Move(beside, path, overwrite: true); }
            else if (!GiveNewName(beside, path)) { return null; }
            FlushFolder(folder);
            return put;
        }
        finally
        {
            File.Delete(beside);
        }
    }

    protected override Task<Stream?> ReadAsync(string key, ByteRange range, CancellationToken ct)
    {
        var path = PathOf(key);
        if (Directory.Exists(path)) { return Task.FromResult<Stream?>(null); }
        FileStream file;
        try
        {
            file = new FileStream(
                path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 128 * 1024, useAsync: true);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
        file.Seek(Math.Min(range.From, file.Length), SeekOrigin.Begin);
        return Task.FromResult<Stream?>(range.Count is { } count ? new FirstBytes(file, count) : file);
    }

    protected override Task<ObjectInfo?> FindAsync(string key, CancellationToken ct)
    {
        var file = new FileInfo(PathOf(key));
        return Task.FromResult(file.Exists ? InfoOf(key, file) : null);
    }

    protected override Task<ObjectPage> PageAsync(string prefix, string? after, int max, CancellationToken ct)
    {
        // Only the folder that the prefix names is walked.
        var folder = Path.Combine(_root, prefix[..(prefix.LastIndexOf('/') + 1)]);
        if (!Directory.Exists(folder)) { return Task.FromResult(new ObjectPage([], null)); }
        var keys = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(_root, path))
            .Where(key => key.StartsWith(prefix, StringComparison.Ordinal) && IsKey(key))
            .Where(key => string.CompareOrdinal(key, after) > 0)
            .Order(StringComparer.Ordinal).Take(max + 1).ToList();
        ct.ThrowIfCancellationRequested();
        var objects = keys.Take(max).Select(key => (Key: key, File: new FileInfo(PathOf(key))))
            .Where(found => found.File.Exists).Select(found => InfoOf(found.Key, found.File));
        return Task.FromResult(new ObjectPage([.. objects], keys.Count > max ? keys[max - 1] : null));
    }

    protected override Task RemoveAsync(string key, CancellationToken ct)
    {
        var path = PathOf(key);
        if (File.Exists(path))
        {
            File.Delete(path);
            FlushFolder(Path.GetDirectoryName(path)!);
        }
        return Task.CompletedTask;
    }

    private string PathOf(string key) => Path.Combine(_root, key);

    private static ObjectInfo InfoOf(string key, FileInfo file) => new(key, file.Length, new(file.LastWriteTimeUtc));

    // File.Move looks first and moves then, so that of two who look at once both move; a link is made once.
    private static bool GiveNewName(string file, string name)
    {
        if (Libc.link(file, name) == 0) { return true; }
        return File.Exists(name) ? false : throw new IOException($"The file {name} cannot be made.");
    }

    // A name is on disk only when its folder is; .NET cannot ask for that itself.
    private static void FlushFolder(string folder)
    {
        var handle = Libc.open(folder, flags: 0);
        if (handle < 0) { throw new IOException($"The folder {folder} cannot be opened."); }
        var flushed = Libc.fsync(handle);
        _ = Libc.close(handle);
        if (flushed != 0) { throw new IOException($"The folder {folder} cannot be forced to disk."); }
    }

#pragma warning disable SYSLIB1054, CA2101, IDE1006 // Generated marshalling would need unsafe code; paths are UTF-8.
    private static class Libc
    {
        [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int link(
            [MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

        [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

        [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int fsync(int handle);

        [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        public static extern int close(int handle);
    }
#pragma warning restore SYSLIB1054, CA2101, IDE1006

    private sealed class FirstBytes(FileStream file, long count) : Stream
    {
        private long _left = count;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) =>
            Took(file.Read(buffer, offset, (int)Math.Min(count, _left)));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Took(await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) { file.Dispose(); }
            base.Dispose(disposing);
        }

        private int Took(int read)
        {
            _left -= read;
            return read;
        }
    }
}
