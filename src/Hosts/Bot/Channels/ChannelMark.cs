using System.Text;

namespace Wopr.Bot.Channels;

/// <summary>Where a channel goes on after a restart.</summary>
internal static class ChannelMark
{
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(2);

    public static string? Read(string path)
    {
        try { return Path.Exists(path) ? File.ReadAllText(path) : null; }
        // Without it the service says again what it still has, and what was heard before is the same turn.
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { return null; }
    }

    /// <summary>Waits for a disk that is full.</summary>
    public static async Task KeepAsync(string path, string? mark, TimeProvider time, CancellationToken ct)
    {
        while (true)
        {
            try
            {
                if (mark is null) { Disk.Delete(path); }
                else { Disk.Replace(path, Encoding.UTF8.GetBytes(mark)); }
                return;
            }
            catch (StorageException) { await Task.Delay(s_again, time, ct); }
        }
    }
}
