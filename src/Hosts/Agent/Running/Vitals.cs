namespace Wopr.Agent.Running;

/// <summary>What a bot uses, looked at no more often than is worth it.</summary>
internal sealed class Vitals(BotFolder folder, TimeProvider time)
{
    private static readonly TimeSpan s_cpuOver = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_dataEvery = TimeSpan.FromSeconds(30);

    private (ProcessKey? Process, TimeSpan Cpu, long At) _last;
    private (int Generation, long Bytes, long At) _data = (-1, 0, 0);
    private double _percent;

    public (double CpuPercent, long MemoryBytes, long DataBytes) Look(ProcessKey? process, int generation)
    {
        var now = time.GetTimestamp();
        if (_data.Generation != generation || time.GetElapsedTime(_data.At, now) > s_dataEvery)
        {
            _data = (generation, folder.DataBytes(generation), now);
        }
        if (process is null || Posix.Usage(process.Pid) is not { } usage)
        {
            (_last, _percent) = (default, 0);
            return (0, 0, _data.Bytes);
        }
        if (_last.Process != process) { (_last, _percent) = ((process, usage.Cpu, now), 0); }
        else if (time.GetElapsedTime(_last.At, now) is var over && over >= s_cpuOver)
        {
            (_percent, _last) = (100 * (usage.Cpu - _last.Cpu) / over, (process, usage.Cpu, now));
        }
        return (Math.Round(_percent, 1), usage.Bytes, _data.Bytes);
    }
}

/// <summary>Processes of a bot that no note tells of, found by the folder they call home.</summary>
internal static class Strays
{
    public static IReadOnlyList<ProcessKey> Of(BotFolder folder) => [.. All()
        .Where(one => one.Home.StartsWith($"{folder.Path}/", StringComparison.Ordinal)).Select(one => one.Process)];

    /// <summary>Everything that runs with a home, each with it; told apart from what it starts itself, which it leads.</summary>
    public static IReadOnlyList<(ProcessKey Process, string Home)> All() =>
    [
        .. from pid in Posix.Processes()
           let home = Posix.Variable(pid, Spawner.HomeVariable)
           where home is not null
           let key = ProcessKey.Of(pid)
           where key is not null && Posix.Leads(pid)
           orderby key.StartedAt descending
           select (key, home),
    ];
}
