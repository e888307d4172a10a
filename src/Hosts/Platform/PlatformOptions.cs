using Npgsql;
using Wopr.Kernel;

namespace Wopr.Platform;

internal sealed class PlatformOptions : ISettings
{
    [Setting("PORT", "The port to listen on; 0 takes a free one.", Min = 0, Max = 65535)]
    public int Port { get; set; } = 3100;

    [Setting("DATABASE_URL", "The application's database: postgres://user:password@host:port/name.")]
    public string? DatabaseUrl { get; set; }

    [Setting("DATABASE_OWNER_URL", "The same database as the role that owns the schemas; migrations run as it.")]
    public string? DatabaseOwnerUrl { get; set; }

    [Setting("POSTGRES_HOST", "The database host, when DATABASE_URL is not set.")]
    public string PostgresHost { get; set; } = "localhost";

    [Setting("POSTGRES_PORT", "The database port, when DATABASE_URL is not set.", Min = 1, Max = 65535)]
    public int PostgresPort { get; set; } = 5432;

    [Setting("POSTGRES_USER", "The database role, when DATABASE_URL is not set.")]
    public string? PostgresUser { get; set; }

    [Setting("POSTGRES_PASSWORD", "The role's password, when DATABASE_URL is not set.", Secret = true)]
    public string? PostgresPassword { get; set; }

    [Setting("POSTGRES_DB", "The database name, when DATABASE_URL is not set.")]
    public string PostgresDb { get; set; } = "wopr_platform";

    [Setting("DRAIN_SECONDS", "How long to go on serving, no longer ready, after the signal to stop; at least as long as your "
        + "proxy takes to notice.", Min = 0, Max = 60)]
    public int DrainSeconds { get; set; }

    [Setting("TRUSTED_PROXY_IPS", "Addresses of your proxies, separated by commas; only they may name the caller's address.")]
    public string[] TrustedProxies { get; set; } = [];

    public IEnumerable<string> Faults(bool production)
    {
        if (DatabaseUrl is null && PostgresUser is null)
        {
            yield return "DATABASE_URL is missing. Set it to postgres://user:password@host:port/name, or set POSTGRES_USER and its kin.";
        }
        if (DatabaseUrl is not null && !PostgresUrl.TryParse(DatabaseUrl, out _))
        {
            yield return "DATABASE_URL must look like postgres://user:password@host:port/name.";
        }
        if (DatabaseOwnerUrl is not null && !PostgresUrl.TryParse(DatabaseOwnerUrl, out _))
        {
            yield return "DATABASE_OWNER_URL must look like postgres://user:password@host:port/name.";
        }
    }

    public NpgsqlConnectionStringBuilder App() => DatabaseUrl is { } url && PostgresUrl.TryParse(url, out var parsed)
        ? parsed
        : new()
        {
            Host = PostgresHost,
            Port = PostgresPort,
            Username = PostgresUser,
            Password = PostgresPassword,
            Database = PostgresDb,
        };

    public NpgsqlConnectionStringBuilder Owner() =>
        DatabaseOwnerUrl is { } url && PostgresUrl.TryParse(url, out var parsed) ? parsed : App();
}
