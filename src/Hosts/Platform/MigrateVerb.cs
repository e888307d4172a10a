using Npgsql;
using Wopr.Kernel;

namespace Wopr.Platform;

/// <summary>Brings the database to this build's schema; the server itself never does.</summary>
internal static class MigrateVerb
{
    public static async Task<int> RunAsync(string[] args)
    {
        var settings = SettingsReader.FromEnvironment();
        var options = settings.Read<PlatformOptions>();
        if (ConfigVerb.Refuse(settings)) { return Exit.ConfigFaults; }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) => { press.Cancel = true; stop.Cancel(); };
        await using var source = Schema.Source(options.Owner());
        var migrator = new Migrator(source, Schema.Steps);
        try
        {
            var pending = await migrator.PendingAsync(stop.Token);
            foreach (var step in pending) { Console.WriteLine($"pending {step.Label}{(step.IsDestructive ? "  loses data" : "")}"); }
            if (args.Contains("--plan"))
            {
                Console.WriteLine(pending.Count == 0 ? "Nothing is pending." : $"{pending.Count} pending.");
                return Exit.Ok;
            }
            if (settings.Production && Blocked(pending, args) is { } blocked)
            {
                Console.Error.WriteLine($"{blocked.Label} loses data. Make a dump first (./wopr db dump), "
                    + $"then confirm it by name: --allow-destructive {blocked.Label}");
                return Exit.Migration;
            }
            var app = options.App().Username == options.Owner().Username ? null : options.App().Username;
            var done = await migrator.ApplyAsync(app, Usage.Value(args, "--to"), step => Console.WriteLine($"applied {step.Label}"), stop.Token);
            Console.WriteLine(done.Count == 0 ? "The database is up to date." : $"{done.Count} applied.");
            return Exit.Ok;
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

    private static Migration? Blocked(IReadOnlyList<Migration> pending, string[] args) =>
        pending.FirstOrDefault(step => step.IsDestructive && Usage.Value(args, "--allow-destructive") != step.Label);
}
