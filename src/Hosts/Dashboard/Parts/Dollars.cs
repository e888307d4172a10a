using System.Globalization;
using System.Text.RegularExpressions;
using Wopr.Kernel;

namespace Wopr.Dashboard.Parts;

/// <summary>Money as people read and type it. The only place that makes text of nano-dollars; all of it in decimals.</summary>
internal static partial class Dollars
{
    private const decimal NanosPerDollar = 1_000_000_000;
    private const int SignificantDigits = 6;
    private const int DecimalsMax = 9;

    /// <summary>A balance: two decimals, rounded down, so that no cent is shown that is not there.</summary>
    public static string Balance(long nanos) => Cents(new Money(nanos).Cents);

    public static string Cents(long cents) => Text(cents / 100m, 2);

    /// <summary>A price or a charge: two decimals, or as many as a tiny amount needs to be told from another.</summary>
    public static string Exact(long nanos) => Text(nanos / NanosPerDollar, DecimalsMax);

    /// <summary>To the nano-dollar, for those who compare books.</summary>
    public static string Full(long nanos) =>
        (nanos < 0 ? "−$" : "$") + Math.Abs(nanos / NanosPerDollar).ToString("#,0.00#######", CultureInfo.InvariantCulture);

    /// <summary>A movement, with its sign.</summary>
    public static string Signed(long nanos) => (nanos > 0 ? "+" : "") + Exact(nanos);

    /// <summary>What somebody typed, such as 20, $20.50 or 1,000.00. Null when it is no amount of whole cents.</summary>
    public static decimal? Parse(string text)
    {
        var plain = text.Trim().Replace("$", "", StringComparison.Ordinal).Replace('−', '-');
        // A comma stands before three digits; whoever means a decimal one is asked, and not charged ten times as much.
        return Amount().IsMatch(plain)
            && decimal.TryParse(plain.Replace(",", "", StringComparison.Ordinal),
                NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var dollars)
            && Math.Abs(dollars) <= 1_000_000_000 && decimal.Truncate(dollars * 100) == dollars * 100
                ? dollars
                : null;
    }

    public static long? ParseCents(string text) => Parse(text) is { } dollars ? (long)(dollars * 100) : null;

    /// <summary>As it stands in a field: nothing for none, and no zeros that nobody typed.</summary>
    public static string Field(decimal? dollars) => dollars is { } known
        ? known.ToString(known == decimal.Truncate(known) ? "0" : "0.00", CultureInfo.InvariantCulture)
        : "";

    private static string Text(decimal dollars, int decimals)
    {
        var size = Math.Abs(dollars);
        var shown = Math.Round(size, Math.Min(decimals, Decimals(size)), MidpointRounding.AwayFromZero);
        return (dollars < 0 ? "−$" : "$") + shown.ToString("#,0.00#######", CultureInfo.InvariantCulture);
    }

    /// <summary>How many decimals make six significant digits.</summary>
    private static int Decimals(decimal size)
    {
        var decimals = SignificantDigits;
        for (var bound = 1m; size >= bound && decimals > 2; bound *= 10) { decimals--; }
        for (var bound = 0.1m; size < bound && size > 0 && decimals < DecimalsMax; bound /= 10) { decimals++; }
        return decimals;
    }

    [GeneratedRegex(@"^-?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]+)?\z")]
    private static partial Regex Amount();
}
