using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Wopr.Kernel;

/// <summary>One part of a list, and where the next part starts; null at the end.</summary>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>
/// Which part of a list is wanted. A cursor is the sort key of the last row that was seen, so rows that come or go
/// meanwhile neither repeat nor hide others. To clients it is opaque.
/// </summary>
/// <typeparam name="TKey">The sort key: a number, an id, or a record that parses what it prints.</typeparam>
public sealed record Paging<TKey> where TKey : IParsable<TKey>
{
    private Paging(bool isFirst, TKey? after, int limit) => (IsFirst, After, Limit) = (isFirst, after, limit);

    [MemberNotNullWhen(false, nameof(After))]
    public bool IsFirst { get; }

    /// <summary>The last row seen; has no meaning on the first page.</summary>
    public TKey? After { get; }

    public int Limit { get; }

    /// <summary>One row more than is shown, which tells whether there is a next page.</summary>
    public int Fetch => Limit + 1;

    public static Result<Paging<TKey>> Parse(string? cursor, int? limit)
    {
        if (limit is < 1 or > Paging.LimitMax) { return Paging.InvalidLimit; }
        var rows = limit ?? Paging.LimitDefault;
        if (string.IsNullOrEmpty(cursor)) { return new Paging<TKey>(isFirst: true, default, rows); }
        return Paging.TryRead(cursor, out var text) && TKey.TryParse(text, CultureInfo.InvariantCulture, out var after)
            ? new Paging<TKey>(isFirst: false, after, rows)
            : Paging.InvalidCursor;
    }

    /// <summary>Makes the page of rows that were read with <see cref="Fetch"/>.</summary>
    public Page<TView> Of<TRow, TView>(IReadOnlyList<TRow> rows, Func<TRow, TKey> key, Func<TRow, TView> view) =>
        rows.Count <= Limit
            ? new([.. rows.Select(view)], null)
            : new([.. rows.Take(Limit).Select(view)], Paging.Cursor(key(rows[Limit - 1])));
}

public static class Paging
{
    public const int LimitDefault = 50;
    public const int LimitMax = 100;

    private const int CursorLengthMax = 500;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static Problem InvalidCursor { get; } = new(ProblemKind.Invalid, "invalid_cursor",
        "The cursor is not one we gave. Start again without a cursor, then pass nextCursor as it comes.");

    public static Problem InvalidLimit { get; } = new(ProblemKind.Invalid, "invalid_limit",
        $"The limit must be a whole number from 1 to {LimitMax}.");

    internal static string Cursor<TKey>(TKey key) => Base64Url.EncodeToString(
        Encoding.UTF8.GetBytes(Convert.ToString(key, CultureInfo.InvariantCulture) ?? ""));

    internal static bool TryRead(string cursor, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (cursor.Length > CursorLengthMax || !Base64Url.IsValid(cursor)) { return false; }
        try
        {
            text = s_strict.GetString(Base64Url.DecodeFromChars(cursor));
            return text.Length > 0 && !text.Contains('\0', StringComparison.Ordinal);
        }
        catch (Exception error) when (error is DecoderFallbackException or FormatException)
        {
            return false;
        }
    }
}
