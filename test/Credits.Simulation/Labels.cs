using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>What a trace calls a statement.</summary>
internal static partial class Labels
{
    private const int LengthMax = 60;

    public static string Of(Sql sql)
    {
        var text = Blanks().Replace(sql.Text, " ").Trim();
        if (text.StartsWith("with beat", StringComparison.Ordinal)) { text = "write batch"; }
        if (text.StartsWith("update credits.writer set batch", StringComparison.Ordinal)) { text = "beat"; }
        var tenants = string.Join(' ', sql.Values.SelectMany(value => value as string[] ?? [value as string ?? ""])
            .Where(value => Tenant().IsMatch(value)).Distinct().Order(StringComparer.Ordinal));
        return $"{(text.Length > LengthMax ? text[..LengthMax] : text)} {tenants}".TrimEnd();
    }

    public static bool IsSweep(Sql sql) => sql.Text.TrimStart().StartsWith("select request_id, tenant_id, purse", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"^s\d+t\d+$")]
    private static partial Regex Tenant();
}
