using System.Globalization;
using System.Runtime.InteropServices;

namespace Wopr.Agent.Running;

/// <summary>What the operating system knows about processes and owners.</summary>
internal static partial class Posix
{
    public const int Kill = 9;
    public const int Terminate = 15;

    private static readonly long s_ticksPerSecond = SysConf(2);

    public static bool IsRoot { get; } = GetEuid() == 0;

    /// <summary>Numbers and start times of processes count from here.</summary>
    public static string Boot { get; } = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public static bool Signal(int pid, int signal) => SendSignal(pid, signal) == 0;

    public static void Own(string path, int uid)
    {
        if (ChangeOwner(path, uid, uid) != 0) { throw new IOException($"The owner of {path} cannot be changed."); }
    }

    /// <summary>When the process began, in the kernel's ticks; null when there is none, or it only waits to be collected.</summary>
    public static long? StartedAt(int pid) => Stat(pid) is { } stat && stat[0] != "Z" ? Number(stat[19]) : null;

    /// <summary>Processor time and memory used so far.</summary>
    public static (TimeSpan Cpu, long Bytes)? Usage(int pid) => Stat(pid) is { } stat
        ? (TimeSpan.FromSeconds((double)(Number(stat[11]) + Number(stat[12])) / s_ticksPerSecond), Number(stat[21]) * Environment.SystemPageSize)
        : null;

    /// <summary>One variable of a process that is ours to look at; null when it is not, or has none of the name.</summary>
    public static string? Variable(int pid, string name)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Split('\0')
                .FirstOrDefault(one => one.StartsWith($"{name}=", StringComparison.Ordinal))?[(name.Length + 1)..];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Whether it leads its group, as every bot does, and nothing that a bot starts.</summary>
    public static bool Leads(int pid) => Stat(pid) is { } stat && Number(stat[2]) == pid;

    public static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0);

    private static string[]? Stat(int pid)
    {
        try
        {
            // The name stands in brackets and may hold anything; what we want is counted from its end.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEuid();

    [LibraryImport("libc", EntryPoint = "sysconf")]
    private static partial long SysConf(int name);

    [LibraryImport("libc", EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, int owner, int group);
}

/// <summary>A process, told apart from a later one with the same number.</summary>
internal sealed record ProcessKey(int Pid, long StartedAt, string Boot)
{
    private static readonly TimeSpan s_glance = TimeSpan.FromMilliseconds(50);

    public bool IsAlive => Boot == Posix.Boot && Posix.StartedAt(Pid) == StartedAt;

    public static ProcessKey? Of(int pid) => Posix.StartedAt(pid) is { } at ? new(pid, at, Posix.Boot) : null;

    /// <summary>Asks it to stop, and kills it with whatever it started when it does not in time. True when it had to.</summary>
    public async Task<bool> EndAsync(TimeSpan patience, TimeProvider time)
    {
        if (!IsAlive) { return false; }
        Posix.Signal(Pid, Posix.Terminate);
        if (await GoneAsync(patience, time)) { return false; }
        // It leads a group of its own.
        Posix.Signal(-Pid, Posix.Kill);
        while (!await GoneAsync(patience, time)) { Posix.Signal(Pid, Posix.Kill); }
        return true;
    }

    private async Task<bool> GoneAsync(TimeSpan patience, TimeProvider time)
    {
        var began = time.GetTimestamp();
        while (IsAlive)
        {
            if (time.GetElapsedTime(began) > patience) { return false; }
            await Task.Delay(s_glance, time);
        }
        return true;
    }
}
