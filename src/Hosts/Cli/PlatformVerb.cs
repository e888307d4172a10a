namespace Wopr.Cli;

/// <summary>Verbs that the Platform has itself, with this stack's settings and database.</summary>
internal static class PlatformVerb
{
    public static async Task<int> RunAsync(Home home, Screen screen, IReadOnlyList<string> verb, bool needsDatabase, CancellationToken ct)
    {
        // On a server the settings come with the process; here they stand in the file.
        var env = EnvFile.TryRead(home);
        if (env is null && Environment.GetEnvironmentVariable("DATABASE_URL") is null && Environment.GetEnvironmentVariable("POSTGRES_USER") is null)
        {
            throw new Refusal(Exit.Prerequisite, $"There is no stack in {home.Root}, and DATABASE_URL is not set. Run ./wopr up first.");
        }
        await using var database = needsDatabase && env is not null ? await OpenDatabase.OpenIfOursAsync(home, screen, env, ct) : null;
        var variables = env is null ? null : Stack.Variables(env);
        if (!screen.IsJson) { return await Tools.PassAsync(PlatformProgram.Path(), verb, variables, ct); }

        var (exit, output) = await Tools.RunAsync(PlatformProgram.Path(), verb, variables, ct);
        screen.Event(new { @event = verb[0], exit, lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries) });
        return exit;
    }
}
