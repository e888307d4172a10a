using System.Globalization;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Credits.Simulation;

/// <summary>What a trace calls a statement.</summary>
internal static partial class Labels
{
    private const int LengthMax = 60;
    private const long BatchMin = 1_600_000_000_000;

    public static string Of(Sql sql)
    {
        var text = Blanks().Replace(sql.Text, " ").Trim();
        if (text.StartsWith("with beat", StringComparison.Ordinal)) { text = "write batch"; }
        if (text.StartsWith("update credits.writer set batch", StringComparison.Ordinal)) { text = "beat"; }
        var values = string.Join(' ', sql.Values.Select(Show).Where(shown => shown.Length > 0));
        return $"{(text.Length > LengthMax ? text[..LengthMax] : text)} {values}".TrimEnd();
    }

    /// <summary>Names and amounts; ids, times and batch numbers would only hide them.</summary>
    private static string Show(object value) => value switch
    {
        string { Length: < 32 } text => text,
        long number when number < BatchMin => number.ToString(CultureInfo.InvariantCulture),
        long[] { Length: > 0 } numbers => $"[{string.Join(' ', numbers)}]",
        string[] { Length: > 0 } texts when texts.All(text => text.Length < 12) => $"[{string.Join(' ', texts)}]",
        _ => "",
    };

    public static bool IsSweep(Sql sql) => sql.Text.TrimStart().StartsWith("select request_id, tenant_id, purse", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
