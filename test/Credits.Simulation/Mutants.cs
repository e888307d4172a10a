using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Wopr.Testing;

namespace Wopr.Credits.Simulation;

/// <summary>Takes away one guard at a time in a copy of the sources, and runs seeds until a law breaks.</summary>
internal static partial class Mutants
{
    private const string Modules = "src/Modules";
    private const string Simulation = "test/Credits.Simulation";
    private static readonly TimeSpan s_runMax = TimeSpan.FromMinutes(4);

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
            Build(copy, Simulation, []);
            foreach (var module in Mutations.All.Select(mutation => mutation.Module).Distinct()) { NeedsToHold(copy, module); }
            var wanted = Mutations.All.Where(mutation => only is null || mutation.Name.Contains(only, StringComparison.Ordinal)).ToList();
            var found = wanted.Count(mutation => Try(copy, mutation, seeds));
            Console.WriteLine($"{found} of {wanted.Count} found.");
            return found == wanted.Count ? 0 : 1;
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static bool Try(string copy, Mutation mutation, int seeds)
    {
        var file = Path.Combine(copy, Modules, mutation.Module, mutation.File);
        var text = File.ReadAllText(file);
        if (text.Split(mutation.Old).Length != 2) { throw new InvalidOperationException($"{mutation.Name}: its text is not in {mutation.File} exactly once."); }
        File.WriteAllText(file, text.Replace(mutation.Old, mutation.New, StringComparison.Ordinal));
        try
        {
            var (code, output) = RunWith(copy, mutation.Module, seeds);
            var law = Broken().Match(output);
            // One that crashes, does not end or asks for what does not exist proves nothing about the laws.
            var isFound = code == 1 && law.Success && !Nonsense().IsMatch(law.Value);
            Console.WriteLine($"{mutation.Name,-60} {(isFound ? law.Value : code == 0 ? "NOT FOUND" : code is null ? "DOES NOT END" : $"ENDS WITH {code} {law.Value}")}");
            return isFound;
        }
        finally
        {
            File.WriteAllText(file, text);
        }
    }

    /// <summary>Built the same way and with nothing taken away, all laws hold.</summary>
    private static void NeedsToHold(string copy, string module)
    {
        var (code, output) = RunWith(copy, module, seeds: 10);
        if (code != 0) { throw new InvalidOperationException($"With nothing taken away from {module}, a law breaks:\n{output}"); }
    }

    /// <summary>Builds the module's library only, and lays it beside the simulation for one run.</summary>
    private static (int? Code, string Output) RunWith(string copy, string module, int seeds)
    {
        var bin = Path.Combine(copy, "test/artifacts/bin/Credits.Simulation/release");
        var library = Path.Combine(bin, $"Wopr.{module}.dll");
        var whole = File.ReadAllBytes(library);
        try
        {
            Build(copy, Path.Combine(Modules, module), ["--no-restore", "-p:BuildProjectReferences=false"]);
            File.Copy(Path.Combine(copy, $"artifacts/bin/{module}/release/Wopr.{module}.dll"), library, overwrite: true);
            return Start(Path.Combine(bin, "Wopr.Credits.Simulation"), ["--first", "--seeds", seeds.ToString(CultureInfo.InvariantCulture)]);
        }
        finally
        {
            File.WriteAllBytes(library, whole);
        }
    }

    private static void Build(string copy, string project, string[] more)
    {
        var (code, output) = Start("dotnet", ["build", Path.Combine(copy, project), "-c", "Release", "-v", "q", "--nologo", "-nr:false",
            "-p:RunAnalyzers=false", "-p:EnforceCodeStyleInBuild=false", "-p:TreatWarningsAsErrors=false", "-p:GenerateDocumentationFile=false", .. more]);
        if (code != 0) { throw new InvalidOperationException($"The copy does not build:\n{output}"); }
    }

    /// <summary>Without a code when it took too long.</summary>
    private static (int? Code, string Output) Start(string program, string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        var isLate = false;
        using Timer limit = new(_ => { isLate = true; process.Kill(entireProcessTree: true); }, null, s_runMax, Timeout.InfiniteTimeSpan);
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (isLate ? null : process.ExitCode, output);
    }

    [GeneratedRegex(@"^seed \d+: .{0,110}", RegexOptions.Multiline)]
    private static partial Regex Broken();

    [GeneratedRegex(@"\b42[0-9A-Z]{3}\b")]
    private static partial Regex Nonsense();
}
