namespace Wopr.Cli;

/// <summary>One program kept running: started again when it ends, sooner at first and slower the more often it does.</summary>
internal sealed class Child(ChildSpec spec, Spawner spawner, Home home, Screen screen, TimeProvider time, Action changed)
{
    private const int TailLines = 20;
    private const long LogBytesMax = 10 << 20;

    private static readonly TimeSpan s_pauseMin = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan s_pauseMax = TimeSpan.FromSeconds(30);

    // A program that ran this long has recovered; its next fall is the first again.
    private static readonly TimeSpan s_recovered = TimeSpan.FromSeconds(60);

    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Queue<string> _tail = new();
    private Task _running = Task.CompletedTask;

    public ChildSpec Spec { get; } = spec;
    public ProcessKey? Process { get; private set; }
    public int Restarts { get; private set; }
    public int? LastExit { get; private set; }
    public string? LastEnd { get; private set; }

    public string Tail { get { lock (_tail) { return string.Join('\n', _tail); } } }

    public ChildState State => new(Spec.Name, Spec.Url, Process is not null, Process, Restarts, LastEnd);

    public void Start(IReadOnlyDictionary<string, string> environment) => _running = RunAsync(environment);

    public async Task StopAsync()
    {
        _stop.TrySetResult();
        if (Process is { } process)
        {
            var signal = Spec.StopsOnInterrupt ? Posix.Interrupt : Posix.Terminate;
            await Posix.EndAsync(process, signal, Spec.StopPatience, CancellationToken.None);
        }
        await _running;
    }

    private async Task RunAsync(IReadOnlyDictionary<string, string> environment)
    {
        var pause = s_pauseMin;
        using var log = OpenLog();
        while (!_stop.Task.IsCompleted)
        {
            var began = time.GetTimestamp();
            await RunOnceAsync(environment, log);
            if (_stop.Task.IsCompleted) { break; }

            if (time.GetElapsedTime(began) > s_recovered) { pause = s_pauseMin; }
            LastEnd = $"{Spec.Name} ended with exit code {LastExit}; it starts again in {pause.TotalSeconds:0.#} s.";
            Restarts++;
            changed();
            screen.Line("wopr", LastEnd);
            await Task.WhenAny(Task.Delay(pause, time), _stop.Task);
            pause = pause * 2 < s_pauseMax ? pause * 2 : s_pauseMax;
        }
    }

    private async Task RunOnceAsync(IReadOnlyDictionary<string, string> environment, StreamWriter log)
    {
        using var process = await spawner.StartAsync(Spec, environment);
        Process = ProcessKey.Of(process.Id);
        changed();
        // Stopping was asked for while the program was being started.
        if (_stop.Task.IsCompleted) { Posix.Signal(process.Id, Spec.StopsOnInterrupt ? Posix.Interrupt : Posix.Terminate); }
        var reading = Task.WhenAll(ReadAsync(process.StandardOutput, log), ReadAsync(process.StandardError, log));
        await process.WaitForExitAsync();
        // Something the program started may hold the other end; its last words are worth a moment, not more.
        await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1)));
        LastExit = process.ExitCode;
        Process = null;
        changed();
    }

    private async Task ReadAsync(StreamReader from, StreamWriter log)
    {
        try
        {
            while (await from.ReadLineAsync() is { } line)
            {
                lock (_tail)
                {
                    _tail.Enqueue(line);
                    if (_tail.Count > TailLines) { _tail.Dequeue(); }
                    log.WriteLine(line);
                }
                screen.Line(Spec.Name, line);
            }
        }
        catch (Exception error) when (error is ObjectDisposedException or IOException)
        {
            // The program is gone, or the disk is full: neither may stop the supervision.
        }
    }

    private StreamWriter OpenLog()
    {
        var path = home.LogFile(Spec.Name);
        if (File.Exists(path) && new FileInfo(path).Length > LogBytesMax) { File.Move(path, $"{path}.1", overwrite: true); }
        return new(new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
    }
}
