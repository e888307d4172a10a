namespace Wopr.Cli;

/// <summary>The Platform's own verbs, run to their end.</summary>
internal static class PlatformProgram
{
    public static Task<(int Exit, string Output)> AskAsync(EnvFile env, IReadOnlyList<string> verb, CancellationToken ct) =>
        Tools.RunAsync(Path(), verb, Stack.Variables(env), ct);

    /// <summary>Throws what it said when it refuses.</summary>
    public static async Task<string> NeedAsync(EnvFile env, IReadOnlyList<string> verb, CancellationToken ct)
    {
        var (exit, output) = await AskAsync(env, verb, ct);
        return exit == Exit.Ok ? output : throw new Refusal(exit, output.Trim());
    }

    public static string Path() => Stack.ProgramPath("Platform") is var path && File.Exists(path)
        ? path
        : throw new Refusal(Exit.Prerequisite, $"{path} is missing. Run ./wopr, which builds it.");
}
