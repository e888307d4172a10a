using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Credits;
using Wopr.Fleet;
using Wopr.Gateway;
using Wopr.Kernel;
using Wopr.Notices;
using Wopr.Quotas;
using Wopr.TenantKeys;

namespace Wopr.Platform;

/// <summary>Every module's migrations, in the modules' order.</summary>
internal static class Schema
{
    public static IReadOnlyList<Migration> Steps { get; } = Migration.Of(
        typeof(Db).Assembly,
        typeof(AuditModule).Assembly,
        typeof(NoticesModule).Assembly,
        typeof(AuthModule).Assembly,
        typeof(TenantKeysModule).Assembly,
        typeof(QuotasModule).Assembly,
        typeof(CreditsModule).Assembly,
        typeof(BillingModule).Assembly,
        typeof(GatewayModule).Assembly,
        typeof(FleetModule).Assembly);

    public static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder connection)
    {
        connection.ApplicationName = "wopr-platform";
        connection.MaxAutoPrepare = 100;
        connection.AutoPrepareMinUsages = 2;
        // Nothing leaves state on a pooled connection: Db has no verb for it, and the migrator gives its lock back.
        // Resetting after every statement cost the server a third of its work.
        connection.NoResetOnClose = true;
        // Passwords or certificates are enough, and small images have no Kerberos library to ask for it.
        connection.GssEncryptionMode = GssEncryptionMode.Disable;
        connection.Timeout = 5;
        connection.CommandTimeout = 15;
        return NpgsqlDataSource.Create(connection);
    }
}
