using System.Globalization;

namespace Wopr.BotBench;

internal static class Figures
{
    public static void Tell(string name, List<double> values)
    {
        values.Sort();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{name} count={values.Count} p50={values[values.Count / 2]:0.00} p90={values[values.Count * 9 / 10]:0.00} most={values[^1]:0.00}"));
    }
}
