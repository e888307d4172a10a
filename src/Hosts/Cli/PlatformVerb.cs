namespace Wopr.Cli;

/// <summary>Verbs that the Platform has itself, with this stack's settings and database.</summary>
internal static class PlatformVerb
{
    public static async Task<int> RunAsync(Home home, Screen screen, IReadOnlyList<string> verb, bool needsDatabase, CancellationToken ct)
    {
        var env = EnvFile.Need(home);
        await using var database = needsDatabase && Postgres.IsOurs(env) ? await OpenDatabase.OpenAsync(home, screen, env, ct) : null;
        var variables = Stack.Variables(env);
        if (!screen.IsJson) { return await Tools.PassAsync(PlatformProgram.Path(), verb, variables, ct); }

        var ended = await Tools.RunAsync(PlatformProgram.Path(), verb, variables, ct);
        screen.Event(new { @event = verb[0], exit = ended.Exit, lines = Lines(ended.Output), errors = Lines(ended.Errors) });
        return ended.Exit;
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
