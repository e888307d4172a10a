using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Kernel;

/// <summary>Writes enum names the way the database stores them: <c>in_progress</c>.</summary>
public sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum
{
    private static readonly Dictionary<string, T> s_values =
        Enum.GetValues<T>().ToDictionary(value => Sql.Name(value), StringComparer.Ordinal);

    public static bool TryParse(string? name, out T value) => s_values.TryGetValue(name ?? "", out value);

    /// <summary>For names this program wrote itself.</summary>
    public static T Parse(string name) => s_values[name];
}
