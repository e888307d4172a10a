using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Wopr.Kernel;

/// <summary>SQL whose holes become positional parameters, so that a value can never reach the text.</summary>
[InterpolatedStringHandler]
public readonly struct Sql(int literalLength, int holeCount)
{
    private readonly StringBuilder _text = new(literalLength + holeCount * 3);
    private readonly List<object> _values = new(holeCount);

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted<T>(Id<T> id) where T : IHasId => Bind(id.Value);

    public void AppendFormatted<T>(Id<T>? id) where T : IHasId => Bind(id is { } known ? known.Value : DBNull.Value);

    public void AppendFormatted<T>(T value) => Bind(value switch
    {
        null => DBNull.Value,
        Enum name => Name(name),
        Money money => money.Nanos,
        _ => value,
    });

    /// <summary>How an enum is stored: lower snake case.</summary>
    public static string Name(Enum value) => Snake(value.ToString());

    public static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private void Bind(object value)
    {
        _values.Add(value);
        _text.Append(CultureInfo.InvariantCulture, $"${_values.Count}");
    }

    internal string Text => _text.ToString();

    internal IReadOnlyList<object> Values => _values;

    internal void Fill(NpgsqlCommand command)
    {
#pragma warning disable CA2100 // The text is made of literals and parameter numbers only.
        command.CommandText = _text.ToString();
#pragma warning restore CA2100
        foreach (var value in _values) { command.Parameters.Add(new NpgsqlParameter { Value = value }); }
    }
}
