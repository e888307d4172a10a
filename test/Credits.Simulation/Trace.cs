using System.Globalization;

namespace Wopr.Credits.Simulation;

/// <summary>What happened in a world, a line a step; the same for the same seed.</summary>
internal sealed class Trace
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Add(DateTimeOffset now, string who, string what) => _lines.Add(string.Create(
        CultureInfo.InvariantCulture, $"{_lines.Count + 1,5}  {now:dd HH:mm:ss.fff}  {who,-8} {what}"));
}
