using System.Diagnostics;
using System.Text;

namespace Wopr.Cli;

/// <summary>Runs a program to its end.</summary>
internal static class Tools
{
    /// <summary>Its exit code and everything it said. Null variables leave it ours.</summary>
    public static async Task<(int Exit, string Output)> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables, CancellationToken ct)
    {
        var start = Start(program, arguments, variables);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var output = new StringBuilder();
        void Take(object _, DataReceivedEventArgs line)
        {
            if (line.Data is not null) { lock (output) { output.Append(line.Data).Append('\n'); } }
        }
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await EndAsync(process, ct);
        return (process.ExitCode, output.ToString());
    }

    /// <summary>Its exit code; it talks to the terminal itself. Null variables leave it ours.</summary>
    public static async Task<int> PassAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables, CancellationToken ct)
    {
        using var process = Process.Start(Start(program, arguments, variables))!;
        await EndAsync(process, ct);
        return process.ExitCode;
    }

    private static ProcessStartInfo Start(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables)
    {
        var start = new ProcessStartInfo(program);
        foreach (var word in arguments) { start.ArgumentList.Add(word); }
        if (variables is null) { return start; }
        start.Environment.Clear();
        foreach (var (name, value) in variables) { start.Environment[name] = value; }
        return start;
    }

    private static async Task EndAsync(Process process, CancellationToken ct)
    {
        try
        {
            await process.WaitForExitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }
}
