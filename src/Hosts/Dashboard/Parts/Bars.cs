using System.Globalization;
using Wopr.Client;

namespace Wopr.Dashboard.Parts;

/// <summary>A day of a chart. Heights and places are whole numbers of the picture's own units.</summary>
internal sealed record Bar(DateOnly Day, long Nanos, int X, int Y, int Height);

/// <summary>Spending by day as bars, days without any included.</summary>
internal sealed record Bars(IReadOnlyList<Bar> Days, long Highest, long Total)
{
    public const int Step = 12;
    public const int Wide = 8;
    public const int High = 120;

    public int Width => Math.Max(1, Days.Count) * Step;

    public static Bars Of(IEnumerable<SpentDay> spent, DateOnly from, DateOnly to)
    {
        var byDay = spent.ToDictionary(day => day.Day, day => day.ChargedNanos);
        var days = Enumerable.Range(0, to.DayNumber - from.DayNumber + 1).Select(from.AddDays).ToList();
        var highest = days.Max(day => byDay.GetValueOrDefault(day));
        return new([.. days.Select((day, index) =>
        {
            var nanos = byDay.GetValueOrDefault(day);
            // What is not nothing is to be seen.
            var height = nanos <= 0 ? 0 : Math.Max(2, (int)((decimal)nanos * High / highest));
            return new Bar(day, nanos, (index * Step) + ((Step - Wide) / 2), High - height, height);
        })], highest, byDay.Values.Sum());
    }

    public static string Name(DateOnly day) => day.ToString("d MMM", CultureInfo.InvariantCulture);
}
