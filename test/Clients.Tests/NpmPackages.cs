using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Wopr.Clients.Tests;

/// <summary>The packages that <c>npm/package-lock.json</c> names, installed once for each state of that file.</summary>
internal static class NpmPackages
{
    private static readonly string[] s_install = ["ci", "--ignore-scripts", "--omit=peer", "--no-audit", "--no-fund", "--prefer-offline"];

    /// <summary>The scripts as they are kept.</summary>
    public static string Source { get; } = Path.Combine(Here(), "npm");

    /// <summary>Where the scripts are run from, because packages are looked for beside and above a script.</summary>
    public static string Installed { get; } = Path.Combine(Cache(), LockHash());

    /// <summary>A node of a known age; the machine's may be older than the clients allow.</summary>
    public static string Node { get; } = Path.Combine(Installed, "node_modules",
        $"node-linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}", "bin", "node");

    public static async Task EnsureAsync(CancellationToken ct)
    {
        if (!Directory.Exists(Installed)) { await InstallAsync(ct); }
        Copy(Installed, "*.mjs");
    }

    private static async Task InstallAsync(CancellationToken ct)
    {
        Console.WriteLine($"Installing the official clients from npm into {Installed}.");
        var half = Directory.CreateDirectory($"{Installed}.{Environment.ProcessId}.half").FullName;
        try
        {
            Copy(half, "package*.json");
            var (code, _, errors) = await Programs.RunAsync("npm", s_install, half, [], ct);
            if (code != 0)
            {
                throw new InvalidOperationException(
                    $"The packages of {Source} could not be installed. Let this machine reach the npm registry, then run the tests "
                    + $"again. What npm says: {errors}");
            }
            // Somebody else may have been faster.
            if (!Directory.Exists(Installed)) { Directory.Move(half, Installed); }
        }
        finally
        {
            if (Directory.Exists(half)) { Directory.Delete(half, recursive: true); }
        }
    }

    private static void Copy(string into, string pattern)
    {
        foreach (var file in Directory.EnumerateFiles(Source, pattern))
        {
            File.Copy(file, Path.Combine(into, Path.GetFileName(file)), overwrite: true);
        }
    }

    private static string Cache() => Path.Combine(
        Environment.GetEnvironmentVariable("WOPR_HOME") ?? Path.GetFullPath("../../.wopr", Here()), "npm");

    private static string LockHash() =>
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(Source, "package-lock.json"))))[..16];

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
