using System.Collections.Concurrent;
using System.Diagnostics;

namespace Wopr.EndToEnd.Tests;

/// <summary>A program that runs beside the test. It gets the settings it is given and nothing of the shell's.</summary>
internal sealed class Child : IAsyncDisposable
{
    private static readonly string[] s_passedOn = ["PATH", "HOME", "DOTNET_ROOT"];

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();

    public Child(string program, IEnumerable<string> words, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        };
        var passedOn = s_passedOn.Select(name => (name, value: start.Environment.TryGetValue(name, out var value) ? value : null)).ToList();
        start.Environment.Clear();
        foreach (var (name, value) in passedOn.Where(pair => pair.value is not null)) { start.Environment[name] = value; }
        foreach (var (name, value) in settings) { start.Environment[name] = value; }
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Root { get; } = FindRoot();

    public bool IsRunning => !_process.HasExited;

    public string Output => string.Join('\n', _lines);

    /// <summary>Where the build of the same kind as this one lies.</summary>
    public static string Built(string host) =>
        Path.Combine(Root, "artifacts", "bin", host, Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), $"Wopr.{host}");

    /// <summary>Waits for the end and answers with the exit code.</summary>
    public async Task<int> EndsAsync(TimeSpan patience, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            Assert.Fail($"{_process.StartInfo.FileName} runs on after {patience}. It said:\n{Output}");
        }
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, as every supervisor sends it.</summary>
    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (IsRunning) { _process.Kill(entireProcessTree: true); }
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null) { _lines.Enqueue(line); }
    }

    private static string FindRoot()
    {
        var root = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(root, "Wopr.slnx"))) { root = Path.GetDirectoryName(root)!; }
        return root;
    }
}
