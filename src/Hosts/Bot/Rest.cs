using System.Runtime.InteropServices;
using Wopr.Bot.Turns;

namespace Wopr.Bot;

/// <summary>Gives back what a bot at rest does not need: many of them stand idle on one machine.</summary>
internal static partial class Rest
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(TurnDesk desk, TimeProvider time, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var news = desk.News.Next;
            await Task.Delay(s_quiet, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (news.IsCompleted) { continue; }
            if (desk.Running == 0) { GiveBack(); }
            await news.WaitAsync(ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static void GiveBack()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        // What the just-in-time compiler and TLS needed for a moment; only glibc keeps it until it is asked.
        try { _ = Trim(0); }
        catch (EntryPointNotFoundException) { }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
