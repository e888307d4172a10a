using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Kernel;

/// <summary>Writes enum names the way the database stores them: <c>in_progress</c>.</summary>
public sealed class SnakeCase<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum;
