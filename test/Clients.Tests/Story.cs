using System.Text.Json;

namespace Wopr.Clients.Tests;

/// <summary>A script of <c>npm/</c> that says on standard output which step it begins.</summary>
internal static class Story
{
    private static readonly string[] s_shared = ["person.mjs", "chat.mjs"];

    public static IEnumerable<string> All => Directory.EnumerateFiles(NpmPackages.Source, "*.mjs")
        .Select(file => Path.GetFileName(file)).Where(name => !s_shared.Contains(name)).Order(StringComparer.Ordinal);

    /// <summary>Null when every step is done.</summary>
    public static async Task<string?> PlayAsync(string story, Dictionary<string, string> variables, CancellationToken ct)
    {
        var (code, output, errors) = await Programs.RunAsync(NpmPackages.Node, [story], NpmPackages.Installed, variables, ct);
        if (code != 0) { return $"{story} failed at “{LastStep(output)}”:\n{errors}"; }
        return LastStep(output) is null ? $"{story} told no step." : null;
    }

    private static string? LastStep(string output) => output.Split('\n').LastOrDefault(line => line.StartsWith('{')) is { } line
        ? JsonElement.Parse(line).GetProperty("step").GetString()
        : null;
}
