using System.Runtime.InteropServices;

namespace Wopr.Cli;

/// <summary>What the operating system knows about processes.</summary>
internal static partial class Posix
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Terminate = 15;

    public static bool IsRoot => GetEuid() == 0;

    public static bool Signal(int pid, int signal) => SendSignal(pid, signal) == 0;

    /// <summary>When the process began, in the kernel's ticks; null when there is none. With the pid it names a process for good.</summary>
    public static long? StartedAt(int pid)
    {
        try
        {
            // The name stands in brackets and may hold anything; what we want is counted from its end.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] == "Z" ? null : long.Parse(fields[19], null);
        }
        catch (IOException)
        {
            return null;
        }
    }

    public static string CommandOf(int pid)
    {
        try { return File.ReadAllText($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim(); }
        catch (IOException) { return ""; }
        catch (UnauthorizedAccessException) { return ""; }
    }

    /// <summary>Waits until the process is gone; false when it is still there at the end.</summary>
    public static async Task<bool> GoneAsync(ProcessKey process, TimeSpan patience, CancellationToken ct)
    {
        for (var waited = TimeSpan.Zero; waited < patience; waited += s_glance)
        {
            if (!process.IsAlive) { return true; }
            await Task.Delay(s_glance, ct);
        }
        return !process.IsAlive;
    }

    /// <summary>Asks the process to stop, and makes it when it does not.</summary>
    public static async Task EndAsync(ProcessKey process, int signal, TimeSpan patience, CancellationToken ct)
    {
        if (!process.IsAlive) { return; }
        Signal(process.Pid, signal);
        if (await GoneAsync(process, patience, ct)) { return; }
        Signal(process.Pid, Kill);
        await GoneAsync(process, TimeSpan.FromSeconds(5), ct);
    }

    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(50);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEuid();
}

/// <summary>A process, told apart from a later one with the same number.</summary>
internal sealed record ProcessKey(int Pid, long StartedAt)
{
    public bool IsAlive => Posix.StartedAt(Pid) == StartedAt;

    public static ProcessKey? Of(int pid) => Posix.StartedAt(pid) is { } at ? new(pid, at) : null;
}
