using Wopr.Kernel;

namespace Wopr.Credits.Metering;

/// <summary>
/// Rows to select from, a parameter for each column: its values as an array or, of a lone row, its value. PostgreSQL makes
/// a set of each array first, for which a lone request would wait.
/// </summary>
internal sealed class RowSet<T>
{
    private readonly IReadOnlyList<T> _items;
    private readonly bool _isLone;
    private readonly Sql _sql = new(0, 16);
    private bool _hasColumn;

    public RowSet(IReadOnlyList<T> items, bool isLone)
    {
        (_items, _isLone) = (items, isLone && items.Count == 1);
        _sql.AppendLiteral(_isLone ? "(select " : "unnest(");
    }

    public RowSet<T> With<TValue>(Func<T, TValue> value)
    {
        if (_hasColumn) { _sql.AppendLiteral(", "); }
        _hasColumn = true;
        if (_isLone) { _sql.AppendFormatted(value(_items[0])); }
        else { _sql.AppendFormatted(Values(value)); }
        return this;
    }

    public SqlPart Rows()
    {
        _sql.AppendLiteral(")");
        return new(_sql);
    }

    private TValue[] Values<TValue>(Func<T, TValue> value)
    {
        var values = new TValue[_items.Count];
        for (var index = 0; index < values.Length; index++) { values[index] = value(_items[index]); }
        return values;
    }
}
