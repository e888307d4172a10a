using System.Text.RegularExpressions;

namespace Wopr.Architecture.Tests;

/// <summary>Finds the schemas that SQL names, in .sql files and in the strings of .cs files.</summary>
internal static partial class SqlScan
{
    private static readonly string s_schemas = string.Join('|', Modules.Line.Select(Modules.Schema));
    private static readonly Regex s_names = new($@"(?<![\w.@-])({s_schemas})\.\""?[a-z_]", RegexOptions.CultureInvariant);

    public static IEnumerable<string> SchemasIn(string path, string text) =>
        path.EndsWith(".sql", StringComparison.Ordinal)
            ? Named(text)
            : Statements().Matches(text).SelectMany(match => Named(match.Value));

    // Comments, quoted values and interpolation holes name things that are not tables.
    private static IEnumerable<string> Named(string sql) =>
        s_names.Matches(Noise().Replace(sql, " ")).Select(match => match.Groups[1].Value).Distinct();

    [GeneratedRegex("\"\"\".*?\"\"\""
        + "|\"\\s*(?:select|insert|update|delete|with|lock|create|alter|drop|truncate)\\s(?:[^\"\\\\\\n]|\\\\.)*\"",
        RegexOptions.Singleline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Statements();

    [GeneratedRegex(@"--[^\n]*|'(?:[^'\n])*'|\{[^{}\n]*\}", RegexOptions.CultureInvariant)]
    private static partial Regex Noise();
}
