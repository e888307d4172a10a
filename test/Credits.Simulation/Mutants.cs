using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Wopr.Testing;

namespace Wopr.Credits.Simulation;

/// <summary>Takes away one guard at a time in a copy of the sources, and runs seeds until a law breaks.</summary>
internal static partial class Mutants
{
    private const string Module = "src/Modules/Credits";
    private static readonly TimeSpan s_runMax = TimeSpan.FromMinutes(10);

    public static int Run(int seeds, string? only)
    {
        var copy = Directory.CreateTempSubdirectory("wopr-mutants-").FullName;
        try
        {
            foreach (var file in Repository.Files.Where(file => !file.StartsWith("docs/", StringComparison.Ordinal)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(copy, file))!);
                File.Copy(Repository.Full(file), Path.Combine(copy, file));
            }
            Build(copy, "test/Credits.Simulation");
            var missed = 0;
            foreach (var mutation in Mutations.All.Where(mutation => only is null || mutation.Name.Contains(only, StringComparison.Ordinal)))
            {
                var found = Try(copy, mutation, seeds);
                Console.WriteLine($"{mutation.Name,-60} {found ?? "NOT FOUND"}");
                if (found is null) { missed++; }
            }
            Console.WriteLine(missed == 0 ? "Every guard is missed when it is gone." : $"{missed} guards can go without a law breaking.");
            return missed == 0 ? 0 : 1;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static string? Try(string copy, Mutation mutation, int seeds)
    {
        var file = Path.Combine(copy, Module, mutation.File);
        var text = File.ReadAllText(file);
        if (text.Split(mutation.Old).Length != 2) { throw new InvalidOperationException($"{mutation.Name}: its text is not in {mutation.File} exactly once."); }
        File.WriteAllText(file, text.Replace(mutation.Old, mutation.New, StringComparison.Ordinal));
        try
        {
            Build(copy, Module, "-p:BuildProjectReferences=false", "--no-restore");
            var bin = Path.Combine(copy, "test/artifacts/bin/Credits.Simulation/release");
            File.Copy(Path.Combine(copy, "artifacts/bin/Credits/release/Wopr.Credits.dll"), Path.Combine(bin, "Wopr.Credits.dll"), overwrite: true);
            var (_, output) = Start(Path.Combine(bin, "Wopr.Credits.Simulation"), ["--first", "--seeds", seeds.ToString(CultureInfo.InvariantCulture)]);
            return Broken().Match(output) is { Success: true } match ? match.Value : null;
        }
        finally
        {
            File.WriteAllText(file, text);
        }
    }

    private static void Build(string copy, string project, params string[] more)
    {
        var (code, output) = Start("dotnet", ["build", Path.Combine(copy, project), "-c", "Release", "-v", "q", "--nologo", "-nr:false",
            "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false", .. more]);
        if (code != 0) { throw new InvalidOperationException($"The copy does not build:\n{output}"); }
    }

    private static (int Code, string Output) Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        using Timer limit = new(_ => process.Kill(entireProcessTree: true), null, s_runMax, Timeout.InfiniteTimeSpan);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }

    [GeneratedRegex(@"^seed \d+: .{0,110}", RegexOptions.Multiline)]
    private static partial Regex Broken();
}
