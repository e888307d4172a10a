using System.Diagnostics;

namespace Wopr.Testing;

/// <summary>The repository as files: what git knows of it, read from the folder above this program.</summary>
public static class Repository
{
    private static readonly Lazy<IReadOnlyList<string>> s_files = new(
        () => [.. Run("git", ["ls-files", "--cached", "--others", "--exclude-standard"]).Where(file => File.Exists(Full(file)))]);

    public static string Root { get; } = FindRoot();

    /// <summary>Paths from the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files => s_files.Value;

    public static string Full(string path) => Path.Combine(Root, path);

    public static string Text(string path) => File.ReadAllText(Full(path));

    public static IEnumerable<string> Under(string folder, params string[] endings) => Files.Where(file =>
        file.StartsWith(folder, StringComparison.Ordinal)
        && (endings.Length == 0 || endings.Any(ending => file.EndsWith(ending, StringComparison.Ordinal))));

    /// <summary>The lines a program prints; it is ended when it takes longer than two minutes.</summary>
    public static IEnumerable<string> Run(string program, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = Root, RedirectStandardOutput = true };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} does not start.");
        using var limit = new Timer(
            _ => process.Kill(entireProcessTree: true), null, TimeSpan.FromMinutes(2), Timeout.InfiniteTimeSpan);
        while (process.StandardOutput.ReadLine() is { } line) { yield return line; }
        process.WaitForExit();
        if (process.ExitCode != 0) { throw new InvalidOperationException($"{program} ended with {process.ExitCode}."); }
    }

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Wopr.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("Run this inside the repository.");
        }
        return folder;
    }
}
