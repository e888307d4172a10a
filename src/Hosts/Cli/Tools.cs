using System.Diagnostics;

namespace Wopr.Cli;

internal sealed record Ended(int Exit, string Output, string Errors)
{
    /// <summary>Why it failed, in its own words.</summary>
    public string Words => (Errors.Length > 0 ? Errors : Output).Trim();
}

/// <summary>Runs a program to its end.</summary>
internal static class Tools
{
    /// <summary>Its exit code and what it said. Null variables leave it ours.</summary>
    public static async Task<Ended> RunAsync(
        string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? variables, CancellationToken ct)
    {
        var start = Start(program, arguments, variables);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(ct);
        var errors = process.StandardError.ReadToEndAsync(ct);
        await EndAsync(process, ct);
        return new(process.ExitCode, await output, await errors);
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
