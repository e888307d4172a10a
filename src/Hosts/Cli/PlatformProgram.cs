namespace Wopr.Cli;

/// <summary>The Platform's own verbs, run to their end.</summary>
internal static class PlatformProgram
{
    /// <summary>Throws what it said when it refuses.</summary>
    public static async Task<string> NeedAsync(EnvFile env, IReadOnlyList<string> verb, CancellationToken ct)
    {
        var ended = await Tools.RunAsync(Path(), verb, Stack.Variables(env), ct);
        return ended.Exit == Exit.Ok ? ended.Output : throw new Refusal(ended.Exit, ended.Words);
    }

    public static string Path() => Stack.ProgramPath("Platform") is var path && File.Exists(path)
        ? path
        : throw new Refusal(Exit.Prerequisite, $"{path} is missing. Run ./wopr, which builds it.");
}
