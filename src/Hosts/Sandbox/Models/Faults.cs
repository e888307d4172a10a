using System.Globalization;

namespace Wopr.Sandbox.Models;

internal enum UsagePlace
{
    /// <summary>In a chunk of its own after the last, with no choices: OpenAI's way.</summary>
    Late,

    /// <summary>In the chunk that says why it finished.</summary>
    Finish,

    /// <summary>In every chunk, as it grows.</summary>
    Every,
}

/// <summary>
/// What goes wrong with one answer. Words, separated by commas; N counts events of a stream and bytes of a whole
/// answer: <c>429[:SECONDS]</c> and any other status from 400 to 599; <c>html</c> (a 502 that is a page); <c>empty</c>;
/// <c>stall[:N[:MS]]</c>, <c>reset[:N]</c> (before the headers without N), <c>cut:N</c> (N events and half of the next,
/// then a reset), <c>end:N</c> (a clean end too early), <c>error[:N]</c> (an error inside of the stream),
/// <c>bad-json[:N]</c>, <c>huge[:BYTES]</c>, <c>no-usage</c>,
/// <c>wrong-usage:string|negative|huge|overflow|null|float|object</c>, <c>split[:BYTE]</c> (the usage, byte for byte or
/// in two), <c>drip</c> (everything byte for byte), <c>crlf</c>, <c>multiline</c>, <c>comments</c>,
/// <c>usage-late|usage-finish|usage-every</c>.
/// </summary>
internal sealed class Faults
{
    private const int BeforeHeaders = -1;
    private const int HugeBytesUsual = 2 * 1024 * 1024;
    private const int HugeBytesMax = 64 * 1024 * 1024;

    public static Faults None { get; } = new();

    public int Status { get; private set; }

    public int RetryAfter { get; private set; } = 1;

    public bool Html { get; private set; }

    public bool Empty { get; private set; }

    public int? StallAt { get; private set; }

    public TimeSpan StallFor { get; private set; } = Timeout.InfiniteTimeSpan;

    public int? ResetAt { get; private set; }

    public int? CutAt { get; private set; }

    public int? EndAt { get; private set; }

    public int? ErrorAt { get; private set; }

    public int? BadJsonAt { get; private set; }

    public int HugeBytes { get; private set; }

    public bool NoUsage { get; private set; }

    public string? WrongUsage { get; private set; }

    public bool SplitsUsage { get; private set; }

    public int? SplitAt { get; private set; }

    public bool Drips { get; private set; }

    public bool Crlf { get; private set; }

    public bool Multiline { get; private set; }

    public bool Comments { get; private set; }

    public UsagePlace? UsagePlace { get; private set; }

    public bool StallsBeforeHeaders => StallAt == BeforeHeaders;

    public bool ResetsBeforeHeaders => ResetAt == BeforeHeaders;

    public static Faults Parse(string words)
    {
        var faults = new Faults();
        foreach (var word in words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            faults.Add(word, word.Split(':'));
        }
        return faults;
    }

    private void Add(string word, string[] parts)
    {
        var number = parts.Length > 1
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var read)
            ? read : (int?)null;
        if (int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 400
            and <= 599)
        {
            Status = status;
            RetryAfter = number ?? 1;
            return;
        }
        var isKnown = parts[0] switch
        {
            "wrong-usage" => parts.Length == 2 && parts[1] is "string" or "negative" or "huge" or "overflow" or "null"
                or "float" or "object",
            "stall" => parts.Length == 1 || (number is not null && parts.Length <= 3),
            "cut" or "end" => number is not null && parts.Length == 2,
            "reset" or "error" or "bad-json" or "huge" or "split" => parts.Length == 1
            || (number is not null && parts.Length == 2),
            "html" or "empty" or "no-usage" or "drip" or "crlf" or "multiline" or "comments" or "usage-late"
            or "usage-finish"
                or "usage-every" => parts.Length == 1,
            _ => false,
        };
        if (!isKnown) { throw ModelRefusal.Invalid($"There is no fault {word}.", "fault"); }
        switch (parts[0])
        {
            case "html": Html = true; break;
            case "empty": Empty = true; break;
            case "stall":
                StallAt = number ?? BeforeHeaders;
                if (parts.Length == 3)
                {
                    StallFor = int.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var ms)
                        ? TimeSpan.FromMilliseconds(ms)
                        : throw ModelRefusal.Invalid($"There is no fault {word}.", "fault");
                }
                break;
            case "reset": ResetAt = number ?? BeforeHeaders; break;
            case "cut": CutAt = number; break;
            case "end": EndAt = number; break;
            case "error": ErrorAt = number ?? 0; break;
            case "bad-json": BadJsonAt = number ?? 0; break;
            case "huge": HugeBytes = Math.Min(number ?? HugeBytesUsual, HugeBytesMax); break;
            case "no-usage": NoUsage = true; break;
            case "wrong-usage": WrongUsage = parts[1]; break;
            case "split": (SplitsUsage, SplitAt) = (true, number); break;
            case "drip": Drips = true; break;
            case "crlf": Crlf = true; break;
            case "multiline": Multiline = true; break;
            case "comments": Comments = true; break;
            case "usage-late": UsagePlace = Models.UsagePlace.Late; break;
            case "usage-finish": UsagePlace = Models.UsagePlace.Finish; break;
            case "usage-every": UsagePlace = Models.UsagePlace.Every; break;
        }
    }
}
