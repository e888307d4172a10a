using System.Runtime.InteropServices;
using Wopr.Bot.Turns;

namespace Wopr.Bot;

/// <summary>Gives back what a bot at rest does not need: many of them stand idle on one machine.</summary>
internal static partial class Rest
{
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_againMax = TimeSpan.FromMinutes(10);

    public static Task RunAsync(TurnDesk desk, TimeProvider time, CancellationToken ct) =>
        RunAsync(desk.News, () => desk.Running == 0, GiveBack, time, ct);

    /// <summary>Soon after the last news, and then ever more seldom: a lease that is kept up needs a little memory too.</summary>
    internal static async Task RunAsync(Pulse news, Func<bool> isAtRest, Action giveBack, TimeProvider time, CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var next = news.Next;
            await Task.Delay(s_quiet, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            for (var pause = s_again; !next.IsCompleted && !ct.IsCancellationRequested; pause = pause * 8 < s_againMax ? pause * 8 : s_againMax)
            {
                if (isAtRest()) { giveBack(); }
                await next.WaitAsync(pause, time, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
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
