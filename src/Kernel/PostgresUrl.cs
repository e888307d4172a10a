using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace Wopr.Kernel;

/// <summary>Reads <c>postgres://user:password@host:port/name?sslmode=require</c>.</summary>
public static class PostgresUrl
{
    public static bool TryParse(string? text, [NotNullWhen(true)] out NpgsqlConnectionStringBuilder? builder)
    {
        builder = null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("postgres" or "postgresql")) { return false; }
        // Npgsql takes no part with a zero byte in it.
        if (Uri.UnescapeDataString(url.OriginalString).Contains('\0', StringComparison.Ordinal)) { return false; }
        var user = url.UserInfo.Split(':', 2);
        var name = Uri.UnescapeDataString(url.AbsolutePath.TrimStart('/'));
        if (user[0].Length == 0 || url.Host.Length == 0 || name.Length == 0) { return false; }

        builder = new()
        {
            Host = url.Host.Trim('[', ']'),
            Port = url.Port > 0 ? url.Port : 5432,
            Username = Uri.UnescapeDataString(user[0]),
            Password = user.Length == 2 ? Uri.UnescapeDataString(user[1]) : null,
            Database = name,
        };
        return Query(url, builder);
    }

    private static bool Query(Uri url, NpgsqlConnectionStringBuilder builder)
    {
        foreach (var pair in url.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var k, var v] ? (k, Uri.UnescapeDataString(v)) : (pair, "");
            if (key != "sslmode" || !Enum.TryParse<SslMode>(value.Replace("-", "", StringComparison.Ordinal), true, out var mode))
            {
                return false;
            }
            builder.SslMode = mode;
        }
        return true;
    }
}
