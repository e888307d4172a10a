using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using Wopr.Billing;
using Wopr.Credits;
using Wopr.Kernel;

namespace Wopr.Platform;

internal static class CreditsVerb
{
    private const int StripeDays = 30;

    /// <summary>Works every balance out again and compares payments with Stripe; exit code 19 when something does not agree.</summary>
    public static async Task<int> ReconcileAsync(string[] args)
    {
        var settings = SettingsReader.FromEnvironment();
        var options = settings.Read<PlatformOptions>();
        if (ConfigVerb.Refuse(settings)) { return Exit.ConfigFaults; }
        await using var source = Schema.Source(options.App());
        try
        {
            var (db, time, json) = (new Db(source), TimeProvider.System, args.Contains("--json"));
            var report = await new Reconciliation(db, time).RunAsync(CancellationToken.None);
            var stripe = await CompareAsync(StripeReconciliation.From(settings, db, withSandbox: args.Contains("--sandbox"), time), time);
            Console.WriteLine(json ? JsonSerializer.Serialize(new { ledger = report, stripe = stripe?.Value }, JsonSerializerOptions.Web) : Tell(report));
            if (!json) { Console.WriteLine(Tell(stripe)); }
            if (stripe?.Problem is not null) { return Exit.Unexpected; }
            return report.Differences.Count == 0 && stripe?.Value!.Differences.Count is null or 0 ? Exit.Ok : Exit.Tampered;
        }
        catch (NpgsqlException error)
        {
            Console.Error.WriteLine($"The ledger cannot be read: {error.Message} Check DATABASE_URL, then run migrate.");
            return Exit.Unexpected;
        }
    }

    private static async Task<Result<StripeComparison>?> CompareAsync(StripeReconciliation? stripe, TimeProvider time) => stripe is null
        ? (Result<StripeComparison>?)null
        : await stripe.CompareAsync(time.GetUtcNow().AddDays(-StripeDays), time.GetUtcNow(), CancellationToken.None);

    private static string Tell(Result<StripeComparison>? stripe) => stripe switch
    {
        null => "Payments go to the sandbox, so Stripe's record is not compared. With --sandbox, the sandbox's is.",
        { Problem: { } problem } => $"Stripe's record could not be compared: {problem.Detail}",
        { Value: { } compared } => string.Join(Environment.NewLine,
        [
            .. compared.Differences.Select(difference => $"{difference}."),
            string.Create(CultureInfo.InvariantCulture,
                $"Differences from Stripe's record: {compared.Differences.Count}, in {compared.Payments} payments and {compared.Refunds} refunds of {StripeDays} days."),
        ]),
        _ => throw new UnreachableException(),
    };

    private static string Tell(ReconciliationReport report) => string.Join(Environment.NewLine,
    [
        .. report.Differences.Select(difference => string.Create(CultureInfo.InvariantCulture,
            $"{difference.What}: tenant {difference.Tenant}, expected {Dollars(difference.Expected)}, found {Dollars(difference.Found)}.")),
        string.Create(CultureInfo.InvariantCulture,
            $"{report.Differences.Count} differences in {report.Accounts} accounts with {report.Entries} entries."),
    ]);

    private static string Dollars(Money money) => string.Create(CultureInfo.InvariantCulture, $"${money.Nanos / 1_000_000_000m:0.00#######}");
}
