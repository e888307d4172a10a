using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Wopr.Kernel;

/// <summary>Names the kind of thing an <see cref="Id{T}"/> identifies.</summary>
public interface IHasId
{
    static abstract string IdPrefix { get; }
}

/// <summary>A time-ordered identifier that cannot be confused with another kind: <c>sess_0199…</c></summary>
[JsonConverter(typeof(IdJsonConverterFactory))]
public readonly record struct Id<T>(Guid Value) : IParsable<Id<T>> where T : IHasId
{
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    public static Id<T> New(TimeProvider time) => new(Guid.CreateVersion7(time.GetUtcNow()));

    public override string ToString() => $"{T.IdPrefix}_{Value:n}";

    public static bool TryParse([NotNullWhen(true)] string? text, IFormatProvider? provider, out Id<T> id)
    {
        id = default;
        var prefix = T.IdPrefix.Length + 1;
        if (text is null || text.Length != prefix + 32) { return false; }
        if (!text.StartsWith(T.IdPrefix, StringComparison.Ordinal) || text[prefix - 1] != '_') { return false; }
        if (text.AsSpan(prefix).ContainsAnyExcept(s_hex)) { return false; }
        id = new(Guid.ParseExact(text.AsSpan(prefix), "N"));
        return true;
    }

    public static Id<T> Parse(string text, IFormatProvider? provider) =>
        TryParse(text, provider, out var id) ? id : throw new FormatException($"'{text}' is not a {T.IdPrefix} id.");
}

public sealed class IdJsonConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsGenericType;

    public override JsonConverter? CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter?)Activator.CreateInstance(
            typeof(IdJsonConverter<>).MakeGenericType(typeToConvert.GenericTypeArguments));

    private sealed class IdJsonConverter<T> : JsonConverter<Id<T>> where T : IHasId
    {
        public override Id<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Id<T>.TryParse(reader.GetString(), null, out var id) ? id : throw new JsonException();

        public override void Write(Utf8JsonWriter writer, Id<T> value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}
