using Npgsql;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Credits;
using Wopr.Kernel;
using Wopr.Notices;
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
        typeof(CreditsModule).Assembly);

    public static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder connection)
    {
        connection.ApplicationName = "wopr-platform";
        connection.MaxAutoPrepare = 100;
        connection.AutoPrepareMinUsages = 2;
        connection.Timeout = 5;
        connection.CommandTimeout = 15;
        return NpgsqlDataSource.Create(connection);
    }
}
