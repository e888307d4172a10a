using System.Text.Json;
using Npgsql;
using Wopr.Kernel;

namespace Wopr.Platform;

internal static class SecretsVerb
{
    /// <summary>Seals everything again under the current PLATFORM_SECRET; the platform may be running.</summary>
    public static async Task<int> RotateAsync(string[] args)
    {
        if (Server.Build(SettingsReader.FromEnvironment()) is not { } app) { return Exit.ConfigFaults; }
        await using var _ = app;
        var resealer = app.Services.GetRequiredService<Resealer>();
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, press) => { press.Cancel = true; stop.Cancel(); };
        try
        {
            if (args.Contains("--dry-run"))
            {
                var due = await resealer.DueAsync(stop.Token);
                Console.WriteLine(args.Contains("--json") ? $$"""{"due":{{due}}}""" : $"{due} rows are to be sealed again.");
                return Exit.Ok;
            }
            var ends = await resealer.RunAsync(Tell, stop.Token);
            Console.WriteLine(args.Contains("--json") ? JsonSerializer.Serialize(ends, JsonSerializerOptions.Web) : Sentence(ends));
            return ends.All(end => end.Due == 0) ? Exit.Ok : Exit.Unexpected;
        }
        catch (NpgsqlException error)
        {
            Console.Error.WriteLine($"The database cannot be used: {error.Message} Check DATABASE_URL, then run migrate.");
            return Exit.Unexpected;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Stopped. What was sealed again stays so; run it again to go on.");
            return Exit.Unexpected;
        }
    }

    private static void Tell(ResealProgress progress) =>
        Console.Error.WriteLine($"{progress.Store}: {progress.Resealed} sealed again, {progress.Due} to go");

    private static string Sentence(IReadOnlyList<ResealProgress> ends)
    {
        var (resealed, unopened, due) = (ends.Sum(end => end.Resealed), ends.Sum(end => end.Unopened), ends.Sum(end => end.Due));
        return due == 0
            ? $"{resealed} rows sealed again; nothing is left. When every replica runs with this PLATFORM_SECRET, "
                + "the old one can leave PLATFORM_SECRET_PREVIOUS."
            : unopened > 0
                ? $"{unopened} rows do not open. Add the secret they were sealed under to PLATFORM_SECRET_PREVIOUS and run this again."
                : $"{due} rows were in use or changed meanwhile. Run this again.";
    }
}
