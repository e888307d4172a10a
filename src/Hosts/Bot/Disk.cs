using System.Runtime.InteropServices;

namespace Wopr.Bot;

/// <summary>What must be on the disk before it counts.</summary>
internal static partial class Disk
{
    /// <summary>The file is the old one or the new one, whole, whatever happens meanwhile.</summary>
    /// <param name="isFlushed">Not for what may be lost in a power cut: a flush is dear.</param>
    /// <param name="isSecret">Nobody but the bot's own user may read it.</param>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, bool isFlushed = true, bool isSecret = false)
    {
        var folder = Path.GetDirectoryName(path)!;
        var fresh = Path.Combine(folder, $".{Path.GetFileName(path)}.new");
        try
        {
            using (var file = File.OpenHandle(fresh, FileMode.Create, FileAccess.Write))
            {
                if (isSecret && !OperatingSystem.IsWindows()) { File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite); }
                RandomAccess.Write(file, bytes, 0);
                if (isFlushed) { RandomAccess.FlushToDisk(file); }
            }
            File.Move(fresh, path, overwrite: true);
            if (isFlushed) { SyncFolder(folder); }
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            try { File.Delete(fresh); }
            catch (Exception left) when (left is IOException or UnauthorizedAccessException) { }
            throw new StorageException(fault);
        }
    }

    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
            SyncFolder(Path.GetDirectoryName(path)!);
        }
        catch (DirectoryNotFoundException) { }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { throw new StorageException(fault); }
    }

    /// <summary>A file that is new, renamed or gone is so after a power cut only when its folder was written too.</summary>
    public static void SyncFolder(string folder)
    {
        var handle = Open(folder, ReadOnly);
        if (handle < 0) { throw new IOException($"{folder} cannot be opened."); }
        try
        {
            if (Sync(handle) != 0) { throw new IOException($"{folder} cannot be written."); }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Everything that was written to the disk that the folder is on.</summary>
    public static void SyncAll(string folder)
    {
        var handle = Open(folder, ReadOnly);
        if (handle < 0) { throw new IOException($"{folder} cannot be opened."); }
        try
        {
            if (SyncFileSystem(handle) != 0) { throw new IOException($"{folder} cannot be written."); }
        }
        finally
        {
            _ = Close(handle);
        }
    }

    /// <summary>Puts a file aside under a name that says when; null when even that is not possible.</summary>
    public static string? SetAside(string path, DateTimeOffset now)
    {
        var aside = AsideName(path, now);
        try
        {
            if (Directory.Exists(path)) { Directory.Move(path, aside); }
            else { File.Move(path, aside); }
            SyncFolder(Path.GetDirectoryName(path)!);
            return aside;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return null; }
    }

    /// <summary>sessions/main.jsonl becomes sessions/main.20260301T120000.torn, or the next name that is free.</summary>
    public static string AsideName(string path, DateTimeOffset now)
    {
        var start = Path.Combine(Path.GetDirectoryName(path)!,
            $"{Path.GetFileNameWithoutExtension(path)}.{now.UtcDateTime:yyyyMMddTHHmmss}");
        var name = $"{start}.torn";
        for (var copy = 2; Path.Exists(name); copy++) { name = $"{start}-{copy}.torn"; }
        return name;
    }

    private const int ReadOnly = 0;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Sync(int handle);

    [LibraryImport("libc", EntryPoint = "syncfs")]
    private static partial int SyncFileSystem(int handle);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int handle);
}
