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

        var (exit, output) = await Tools.RunAsync(PlatformProgram.Path(), verb, variables, ct);
        screen.Event(new { @event = verb[0], exit, lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries) });
        return exit;
    }
}
