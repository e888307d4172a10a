using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Wopr.Gateway.Catalogue;

/// <summary>Reads what providers write as decimals, without rounding anything.</summary>
internal static partial class DecimalText
{
    /// <summary>The number times ten to the <paramref name="power"/>; false when that is below zero, no whole number, or too large.</summary>
    public static bool TryScale(string? text, int power, out long whole)
    {
        whole = 0;
        if (text is null || text.Length > 100 || Number().Match(text) is not { Success: true } match) { return false; }
        var fraction = match.Groups[2].Value;
        var mantissa = BigInteger.Parse(match.Groups[1].Value + fraction, NumberStyles.None, CultureInfo.InvariantCulture);
        var exponent = match.Groups[3].Length == 0 ? 0 : int.Parse(match.Groups[3].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var scale = power + exponent - fraction.Length;
        if (scale >= 0) { mantissa *= BigInteger.Pow(10, scale); }
        else
        {
            mantissa = BigInteger.DivRem(mantissa, BigInteger.Pow(10, -scale), out var rest);
            if (!rest.IsZero) { return false; }
        }
        if (mantissa > long.MaxValue) { return false; }
        whole = (long)mantissa;
        return true;
    }

    [GeneratedRegex(@"^([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,3}))?\z")]
    private static partial Regex Number();
}
