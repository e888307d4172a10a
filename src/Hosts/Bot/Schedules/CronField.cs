using System.Globalization;

namespace Wopr.Bot.Schedules;

/// <summary>Which values of one field match, as bits.</summary>
/// <param name="IsAny">It began with a star: it restricts nothing by itself.</param>
internal readonly record struct CronField(ulong Bits, bool IsAny)
{
    public bool Has(int value) => (Bits >> value & 1) != 0;

    /// <summary>Null when it is not understood.</summary>
    /// <param name="names">Stand for the values from <paramref name="min"/> on.</param>
    public static CronField? Read(string text, int min, int max, string[] names)
    {
        var bits = 0UL;
        foreach (var part in text.Split(','))
        {
            if (part.Split('/') is not ([_] or [_, _]) || Range(part.Split('/')[0], min, max, names) is not { } range) { return null; }
            var step = 1;
            if (part.Split('/') is [var span, var by])
            {
                if (!Number(by, out step) || step < 1 || step > max) { return null; }
                // "5/10" means from 5 on.
                if (span != "*" && !span.Contains('-', StringComparison.Ordinal)) { range = (range.First, max); }
            }
            for (var value = range.First; value <= range.Last; value += step) { bits |= 1UL << value; }
        }
        return new(bits, text.StartsWith('*'));
    }

    private static (int First, int Last)? Range(string text, int min, int max, string[] names)
    {
        if (text == "*") { return (min, max); }
        return text.Split('-') switch
        {
            [var one] when Value(one, min, max, names) is { } value => (value, value),
            [var first, var last] when Value(first, min, max, names) is { } from && Value(last, min, max, names) is { } to
                && from <= to => (from, to),
            _ => null,
        };
    }

    private static int? Value(string text, int min, int max, string[] names)
    {
        if (Number(text, out var number)) { return number >= min && number <= max ? number : null; }
        var name = Array.FindIndex(names, known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
        return name < 0 ? null : name + min;
    }

    private static bool Number(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
