using System.Text.Json;
using Npgsql;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Platform;

internal static class AuditVerb
{
    /// <summary>Proves that the audit trail is as it was sealed; exit code 19 when it is not.</summary>
    public static async Task<int> VerifyAsync(string[] args)
    {
        var settings = SettingsReader.FromEnvironment();
        var options = settings.Read<PlatformOptions>();
        if (ConfigVerb.Refuse(settings)) { return Exit.ConfigFaults; }
        await using var source = Schema.Source(options.App());
        try
        {
            var report = await new AuditChain(new Db(source)).VerifyAsync(CancellationToken.None);
            Console.WriteLine(args.Contains("--json") ? JsonSerializer.Serialize(report, JsonSerializerOptions.Web) : Tell(report));
            return report.Intact ? Exit.Ok : Exit.Tampered;
        }
        catch (NpgsqlException error)
        {
            Console.Error.WriteLine($"The audit trail cannot be read: {error.Message} Check DATABASE_URL, then run migrate.");
            return Exit.Unexpected;
        }
    }

    private static string Tell(ChainReport report) => report.Fault is { } fault
        ? $"BROKEN at seal {fault.Seal}{(fault.Event is { } id ? $", event {id}" : "")}: {fault.What} "
            + $"The {report.Seals} seals before it hold. Keep the database as it is and compare it with a backup."
        : $"Intact: {report.Events} events under {report.Seals} seals, {report.Unsealed} not sealed yet. "
            + $"The chain ends in {report.Head ?? "nothing"}.";
}
