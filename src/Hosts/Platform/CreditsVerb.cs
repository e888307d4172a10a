using System.Globalization;
using System.Text.Json;
using Npgsql;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Platform;

internal static class CreditsVerb
{
    /// <summary>Works every balance out again; exit code 19 when one does not agree.</summary>
    public static async Task<int> ReconcileAsync(string[] args)
    {
        var settings = SettingsReader.FromEnvironment();
        var options = settings.Read<PlatformOptions>();
        if (ConfigVerb.Refuse(settings)) { return Exit.ConfigFaults; }
        await using var source = Schema.Source(options.App());
        try
        {
            var report = await new Reconciliation(new Db(source), TimeProvider.System).RunAsync(CancellationToken.None);
            Console.WriteLine(args.Contains("--json") ? JsonSerializer.Serialize(report, JsonSerializerOptions.Web) : Tell(report));
            return report.Differences.Count == 0 ? Exit.Ok : Exit.Tampered;
        }
        catch (NpgsqlException error)
        {
            Console.Error.WriteLine($"The ledger cannot be read: {error.Message} Check DATABASE_URL, then run migrate.");
            return Exit.Unexpected;
        }
    }

    private static string Tell(ReconciliationReport report) => string.Join(Environment.NewLine,
    [
        .. report.Differences.Select(difference => string.Create(CultureInfo.InvariantCulture,
            $"{difference.What}: tenant {difference.Tenant}, expected {Dollars(difference.Expected)}, found {Dollars(difference.Found)}.")),
        string.Create(CultureInfo.InvariantCulture,
            $"{report.Differences.Count} differences in {report.Accounts} accounts with {report.Entries} entries."),
    ]);

    private static string Dollars(Money money) => string.Create(CultureInfo.InvariantCulture, $"${money.Nanos / 1_000_000_000m:0.00#######}");
}
