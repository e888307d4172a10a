using Microsoft.Extensions.Options;
using Npgsql;
using Wopr.Auth;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary>Brings the database to this build's schema; the server itself never does.</summary>
internal static class MigrateVerb
{
    public static Task<int> RunAsync(string[] args) =>
        RunAsync(args, SettingsReader.FromEnvironment, Schema.Steps, new(MigrationGate.BuiltIn(), TimeProvider.System));

    internal static async Task<int> RunAsync(
        string[] args, Func<SettingsReader> read, IReadOnlyList<Migration> steps, MigrationGate gate)
    {
        var settings = read();
        var options = settings.Read<PlatformOptions>();
        if (ConfigVerb.Refuse(settings)) { return Exit.ConfigFaults; }
        if (Usage.Value(args, "--to") is { } last)
        {
            var at = steps.ToList().FindIndex(step => step.Label.StartsWith(last, StringComparison.Ordinal));
            if (at < 0)
            {
                Console.Error.WriteLine($"There is no step {last}. ./wopr migrate --plan lists them.");
                return Exit.Usage;
            }
            steps = [.. steps.Take(at + 1)];
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) => { press.Cancel = true; stop.Cancel(); };
        await using var source = Schema.Source(options.Owner());
        var migrator = new Migrator(source, steps);
        try
        {
            var pending = await migrator.PendingAsync(stop.Token);
            foreach (var step in pending) { Console.WriteLine($"pending {step.Label}{(step.IsDestructive ? "  loses data" : "")}"); }
            if (args.Contains("--plan"))
            {
                Console.WriteLine(pending.Count == 0 ? "Nothing is pending." : $"{pending.Count} pending.");
                return Exit.Ok;
            }
            if (settings.Production
                && gate.Refusal(pending, [.. Usage.Values(args, "--allow-destructive")], Usage.Value(args, "--dump")) is { } refusal)
            {
                Console.Error.WriteLine(refusal);
                return Exit.Migration;
            }
            var app = options.App().Username == options.Owner().Username ? null : options.App().Username;
            var done = await migrator.ApplyAsync(app, last: null, step => Console.WriteLine($"applied {step.Label}"), stop.Token);
            Console.WriteLine(done.Count == 0 ? "The database is up to date." : $"{done.Count} applied.");
            return await KeepsSessionsAsync(new Db(source), read(), args, stop.Token) ? Exit.Ok : Exit.ConfigFaults;
        }
        catch (MigrationException error)
        {
            Console.Error.WriteLine(error.Message);
            return Exit.Migration;
        }
        catch (PostgresException error)
        {
            Console.Error.WriteLine($"The database refuses this: {error.MessageText}. Check the role in DATABASE_OWNER_URL.");
            return Exit.Migration;
        }
        catch (NpgsqlException error)
        {
            Console.Error.WriteLine($"The database cannot be reached: {error.Message} Check DATABASE_URL.");
            return Exit.Migration;
        }
    }

    // A job that only migrates may run without the secret; then there is nothing to compare.
    private static async Task<bool> KeepsSessionsAsync(Db db, SettingsReader settings, string[] args, CancellationToken ct)
    {
        var auth = settings.Read<AuthOptions>();
        if (auth.Secret.Length == 0) { return true; }
        return await new SessionSecret(db, Options.Create(auth)).AllowsStartAsync(args.Contains(SessionSecret.AcceptFlag), ct);
    }
}
