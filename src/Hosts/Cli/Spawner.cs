using System.Collections.Concurrent;
using System.Diagnostics;

namespace Wopr.Cli;

/// <summary>
/// Starts children that cannot outlive us. The kernel signals a child when the *thread* that started it ends, and threads
/// of the pool come and go: so one thread, as long-lived as the process, starts them all. Each gets a session of its own,
/// so that Ctrl-C reaches only us and we can stop them in order.
/// </summary>
internal sealed class Spawner
{
    private readonly BlockingCollection<Action> _work = [];

    public Spawner() => new Thread(() => { foreach (var action in _work.GetConsumingEnumerable()) { action(); } })
    {
        IsBackground = true,
        Name = "spawner",
    }.Start();

    public Task<Process> StartAsync(ChildSpec spec, IReadOnlyDictionary<string, string> environment)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        _work.Add(() =>
        {
            try { started.SetResult(Start(spec, environment)); }
            catch (Exception error) { started.SetException(error); }
        });
        return started.Task;
    }

    private static Process Start(ChildSpec spec, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo("setsid")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = spec.Directory,
        };
        var signal = spec.StopsOnInterrupt ? "INT" : "TERM";
        string[] words = ["setpriv", "--pdeathsig", signal, .. spec.AsUser, "--", spec.Program, .. spec.Arguments];
        foreach (var word in words) { start.ArgumentList.Add(word); }
        start.Environment.Clear();
        foreach (var (name, value) in environment) { start.Environment[name] = value; }
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
