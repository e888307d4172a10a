using System.Globalization;
using System.Text.RegularExpressions;

namespace Wopr.Dashboard.Tests;

public sealed class ColourTests
{
    // Text needs 4.5 to be readable (WCAG AA), the edge of a field 3.
    private static readonly (string Front, string Ground, double Least)[] s_pairs =
    [
        ("ink", "canvas", 4.5), ("ink", "surface", 4.5), ("ink", "sunken", 4.5), ("ink", "accent-soft", 4.5),
        ("muted", "canvas", 4.5), ("muted", "surface", 4.5), ("muted", "sunken", 4.5), ("muted", "accent-soft", 4.5),
        ("accent", "canvas", 4.5), ("accent", "surface", 4.5), ("accent-strong", "accent-soft", 4.5),
        ("accent", "sunken", 4.5), ("bad", "sunken", 4.5), ("good", "surface", 3), ("warn", "surface", 3), ("field-line", "canvas", 3),
        ("on-accent", "accent", 4.5), ("on-accent", "accent-strong", 4.5),
        ("good", "good-soft", 4.5), ("bad", "bad-soft", 4.5), ("bad", "surface", 4.5), ("warn", "warn-soft", 4.5),
        ("canvas", "ink", 4.5), ("field-line", "surface", 3), ("focus", "canvas", 3), ("focus", "surface", 3),
    ];

    [Theory]
    [InlineData("light")]
    [InlineData("dark")]
    public void Every_colour_can_be_read_on_its_ground(string theme)
    {
        var css = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "wwwroot/css/tokens.css")).Split("@media");
        var colours = Colours(css[0]);
        if (theme == "dark") { foreach (var (name, value) in Colours(css[1])) { colours[name] = value; } }

        var faint = from pair in s_pairs
                    let contrast = Contrast(colours[pair.Front], colours[pair.Ground])
                    where contrast < pair.Least
                    select $"{pair.Front} on {pair.Ground}: {contrast:f2}";

        Assert.Empty(faint);
    }

    private static Dictionary<string, string> Colours(string css) => Regex.Matches(css, "--([a-z-]+): #([0-9a-f]{6});")
        .ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);

    private static double Contrast(string one, string other)
    {
        var (first, second) = (Luminance(one), Luminance(other));
        return (Math.Max(first, second) + 0.05) / (Math.Min(first, second) + 0.05);
    }

    private static double Luminance(string colour) =>
        0.2126 * Channel(colour[..2]) + 0.7152 * Channel(colour[2..4]) + 0.0722 * Channel(colour[4..]);

    private static double Channel(string hex)
    {
        var value = int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture) / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }
}
