namespace Wopr.Bot;

/// <summary>A file that is touched as long as this process gets anything done; "health" looks at its time.</summary>
internal static class Heartbeat
{
    private const string Name = ".alive";

    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_fresh = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(string home, TimeProvider time, Log log, CancellationToken ct)
    {
        var path = Path.Combine(home, Name);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                // On a full disk a file can still be touched.
                if (!File.Exists(path)) { await File.WriteAllBytesAsync(path, [], ct); }
                File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException) { log.LoopBroke("Heartbeat", fault); }
            await Task.Delay(s_every, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public static bool IsFresh(string home, TimeProvider time) =>
        File.Exists(Path.Combine(home, Name))
        && time.GetUtcNow().UtcDateTime - File.GetLastWriteTimeUtc(Path.Combine(home, Name)) < s_fresh;
}
