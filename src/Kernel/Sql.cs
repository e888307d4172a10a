using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Wopr.Kernel;

/// <summary>
/// SQL whose holes become positional parameters, so that a value can never reach the text. A hole may also hold an
/// <see cref="SqlPart"/>.
/// </summary>
[InterpolatedStringHandler]
public readonly struct Sql(int literalLength, int holeCount)
{
    // No text that PostgreSQL takes has it. Parameters get their numbers when all parts are together.
    private const char Hole = '\0';

    private readonly StringBuilder _text = new(literalLength + holeCount);
    private readonly List<object> _values = new(holeCount);

    public void AppendLiteral(string literal) => _text.Append(literal);

    public void AppendFormatted(SqlPart part)
    {
        _text.Append(part.Sql._text);
        _values.AddRange(part.Sql._values);
    }

    public void AppendFormatted<T>(Id<T> id) where T : IHasId => Bind(id.Value);

    public void AppendFormatted<T>(Id<T>? id) where T : IHasId => Bind(id is { } known ? known.Value : DBNull.Value);

    public void AppendFormatted<T>(T value) => Bind(value switch
    {
        null => typeof(T) == typeof(Guid?) ? NoId.Instance : DBNull.Value,
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
        _text.Append(Hole);
    }

    /// <summary>No id, and yet of its type: where PostgreSQL has to guess, it takes a null for a text.</summary>
    private sealed class NoId
    {
        public static NoId Instance { get; } = new();
    }

    internal string Text
    {
        get
        {
            StringBuilder text = new(_text.Length + _values.Count * 3);
            var number = 0;
            foreach (var chunk in _text.GetChunks())
            {
                var rest = chunk.Span;
                while (rest.IndexOf(Hole) is var hole and >= 0)
                {
                    text.Append(rest[..hole]).Append(CultureInfo.InvariantCulture, $"${++number}");
                    rest = rest[(hole + 1)..];
                }
                text.Append(rest);
            }
            return text.ToString();
        }
    }

    internal IReadOnlyList<object> Values => _values;

    internal void Fill(NpgsqlCommand command)
    {
#pragma warning disable CA2100 // The text is made of literals and parameter numbers only.
        command.CommandText = Text;
#pragma warning restore CA2100
        foreach (var value in _values)
        {
            command.Parameters.Add(value is NoId
                ? new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Uuid, Value = DBNull.Value }
                : new NpgsqlParameter { Value = value });
        }
    }
}

/// <summary>SQL to be put into more. A type of its own: a string that is made in a hole is a value, not SQL.</summary>
public readonly struct SqlPart(Sql sql)
{
    internal Sql Sql => sql;
}
