using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Wopr.Protocol;

namespace Wopr.Agent.Running;

/// <summary>Lines of a bot's log: <c>2026-01-01T00:00:00.000Z [INFO] message</c>, and whatever else it writes.</summary>
internal static partial class LogTail
{
    private const int MessageCharsMax = 8000;
    private const int ReadBytesMax = 6 * 1024 * 1024;

    /// <summary>Whole lines from a place on, and the place after them. A file that was begun anew is read from its start.</summary>
    public static (IReadOnlyList<string> Lines, long Next) ReadFrom(string file, long from)
    {
        if (!File.Exists(file)) { return ([], 0); }
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (stream.Length < from) { from = 0; }
        if (stream.Length - from > ReadBytesMax) { from = stream.Length - ReadBytesMax; }
        stream.Position = from;
        var bytes = new byte[stream.Length - from];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var end = Array.LastIndexOf(bytes, (byte)'\n', Math.Max(0, read - 1), read) + 1;
        if (end == 0) { return ([], from); }
        return (Encoding.UTF8.GetString(bytes, 0, end - 1).Split('\n'), from + end);
    }

    /// <summary>What a program said last that was not a mere note; null when it said nothing.</summary>
    public static string? Complaint(string file, long from)
    {
        var lines = ReadFrom(file, from).Lines.Where(line => line.Length > 0).ToList();
        var line = lines.LastOrDefault(line =>
            Form().Match(line) is not { Success: true } match || Level(match.Groups["level"].Value) is "warn" or "error")
            ?? lines.LastOrDefault();
        return line is null ? null : Cut(Form().Match(line) is { Success: true } form ? form.Groups["message"].Value : line);
    }

    /// <param name="before">The line before: what has no time and level of its own goes with it.</param>
    public static LogLine Parse(string line, LogLine before) =>
        Form().Match(line) is { Success: true } match
        && DateTimeOffset.TryParse(match.Groups["at"].ValueSpan, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? new(at, Level(match.Groups["level"].Value), Cut(match.Groups["message"].Value))
            : before with { Message = Cut(line) };

    private static string Level(string word) => word.ToUpperInvariant() switch
    {
        "TRACE" or "DEBUG" => "debug",
        "WARN" or "WARNING" => "warn",
        "ERROR" or "FATAL" or "CRITICAL" => "error",
        _ => "info",
    };

    private static string Cut(string text) => text.Length <= MessageCharsMax ? text : text[..MessageCharsMax];

    [GeneratedRegex(@"\A(?<at>[0-9]{4}-[0-9]{2}-[0-9]{2}T\S+) \[(?<level>[A-Za-z]+)\] ?(?<message>.*)\z")]
    private static partial Regex Form();
}
