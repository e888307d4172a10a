using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary>What somebody found out about a step that loses data. A warning that was mended is cleared, not deleted.</summary>
internal sealed record RegisterEntry(string Step, string Loses, bool Cleared, string Note);

/// <summary>In production a step that loses data needs an entry in the register, a fresh dump, and a confirmation by name.</summary>
internal sealed class MigrationGate(IReadOnlyList<RegisterEntry> register, TimeProvider time)
{
    private static readonly TimeSpan s_dumpAgeMax = TimeSpan.FromHours(1);

    /// <summary>The register that was built in: DestructiveMigrations.json beside this file.</summary>
    public static IReadOnlyList<RegisterEntry> BuiltIn()
    {
        using var stream = typeof(MigrationGate).Assembly.GetManifestResourceStream("Wopr.Platform.DestructiveMigrations.json")!;
        return JsonSerializer.Deserialize<List<RegisterEntry>>(stream, JsonSerializerOptions.Web)!;
    }

    /// <summary>Why these steps may not run; null when they may.</summary>
    public string? Refusal(IEnumerable<Migration> steps, IReadOnlyCollection<string> confirmed, string? dump)
    {
        foreach (var step in steps.Where(step => step.IsDestructive))
        {
            if (register.FirstOrDefault(entry => entry.Step == step.Label) is not { } entry)
            {
                return $"{step.Label} loses data and has no entry in the register. Whoever wrote it adds one to "
                    + "src/Hosts/Platform/DestructiveMigrations.json that says what is lost; nothing was changed.";
            }
            if (!entry.Cleared) { return $"{step.Label} must not run here: {entry.Note} Nothing was changed."; }
            if (DumpFault(dump) is { } fault)
            {
                return $"{step.Label} loses data ({entry.Loses}). {fault} "
                    + $"Make one: ./wopr db dump before.dump, then ./wopr migrate --dump before.dump --allow-destructive {step.Label}";
            }
            if (!confirmed.Contains(step.Label))
            {
                return $"{step.Label} loses data ({entry.Loses}). Confirm it by name: --allow-destructive {step.Label}";
            }
        }
        return null;
    }

    private string? DumpFault(string? path)
    {
        if (path is null) { return "It needs a dump of the database first."; }
        if (!File.Exists(path)) { return "The dump that was named does not exist."; }
        if (time.GetUtcNow() - File.GetLastWriteTimeUtc(path) > s_dumpAgeMax) { return "The dump is older than an hour."; }
        return IsWhole(path) ? null : "The file that was named is not a complete dump.";
    }

    // The packed format is written by a program that leaves nothing half; plain SQL says itself when it is complete.
    private static bool IsWhole(string path)
    {
        using var stream = File.OpenRead(path);
        var head = new byte[5];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length) { return false; }
        if (head.AsSpan().SequenceEqual("PGDMP"u8)) { return true; }
        stream.Seek(Math.Max(0, stream.Length - 200), SeekOrigin.Begin);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Contains("PostgreSQL database dump complete", StringComparison.Ordinal);
    }
}
