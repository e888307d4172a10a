using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>
/// Rows to select from, a parameter for each column: its values as an array or, of a lone row, its value. PostgreSQL makes
/// a set of each array first, for which a lone request would wait.
/// </summary>
internal readonly struct RowSet<T>(IReadOnlyList<T> items, bool isLone, SqlPart? columns = null)
{
    private bool IsLone => isLone && items.Count == 1;

    public RowSet<T> With<TValue>(Func<T, TValue> value)
    {
        var column = IsLone ? new SqlPart($"{value(items[0])}") : new SqlPart($"{Values(value)}");
        return new(items, isLone, columns is { } before ? new SqlPart($"{before}, {column}") : column);
    }

    public SqlPart Rows => IsLone ? new($"(select {columns!.Value})") : new($"unnest({columns!.Value})");

    private TValue[] Values<TValue>(Func<T, TValue> value)
    {
        var values = new TValue[items.Count];
        for (var index = 0; index < values.Length; index++) { values[index] = value(items[index]); }
        return values;
    }
}
