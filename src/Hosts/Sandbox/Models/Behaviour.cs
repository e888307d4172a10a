using System.Globalization;

namespace Wopr.Sandbox.Models;

/// <summary>
/// How a model behaves. The same words after a <c>?</c> in its name, for a place, or for all:
/// <c>delay</c> and <c>pace</c> (milliseconds before the first byte and between pieces), <c>chunks</c> (pieces of a
/// stream), <c>words</c> (length of the answer), <c>cached</c>, <c>cache_write</c> and <c>reasoning</c> (tokens),
/// <c>cost</c> and <c>cost_header</c> (<c>auto</c> or nano-dollars), <c>key</c> (<c>any</c>, <c>none</c> or the only
/// one), <c>fault</c> with <c>after</c>, <c>first</c>, <c>probability</c> and <c>seed</c>.
/// </summary>
internal sealed record Behaviour
{
    private const int DelayMsMax = 600_000;
    private const int PiecesMax = 1_000_000;

    public static Behaviour Plain { get; } = new();

    public int? DelayMs { get; private init; }

    public int? PaceMs { get; private init; }

    public int? Chunks { get; private init; }

    public int? Words { get; private init; }

    public int? Cached { get; private init; }

    public int? CacheWrite { get; private init; }

    public int? Reasoning { get; private init; }

    public string? Cost { get; private init; }

    public string? CostHeader { get; private init; }

    public string? Key { get; private init; }

    public FaultPlan? Plan { get; private init; }

    public static Behaviour Parse(IReadOnlyList<KeyValuePair<string, string>> words)
    {
        var read = new Behaviour();
        string? fault = null;
        int? first = null;
        var (after, probability, seed) = (0, 1.0, 0UL);
        foreach (var (name, value) in words)
        {
            switch (name)
            {
                case "delay": read = read with { DelayMs = Number(name, value, DelayMsMax) }; break;
                case "pace": read = read with { PaceMs = Number(name, value, DelayMsMax) }; break;
                case "chunks": read = read with { Chunks = Math.Max(1, Number(name, value, PiecesMax)) }; break;
                case "words": read = read with { Words = Number(name, value, PiecesMax) }; break;
                case "cached": read = read with { Cached = Number(name, value, int.MaxValue) }; break;
                case "cache_write": read = read with { CacheWrite = Number(name, value, int.MaxValue) }; break;
                case "reasoning": read = read with { Reasoning = Number(name, value, int.MaxValue) }; break;
                case "cost": read = read with { Cost = Price(name, value) }; break;
                case "cost_header": read = read with { CostHeader = Price(name, value) }; break;
                case "key": read = read with { Key = value }; break;
                case "fault": fault = fault is null ? value : $"{fault},{value}"; break;
                case "after": after = Number(name, value, int.MaxValue); break;
                case "first": first = Number(name, value, int.MaxValue); break;
                case "probability":
                    if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                        out probability)
                        || probability > 1)
                    {
                        throw ModelRefusal.Invalid("The probability is a number from 0 to 1.", name);
                    }
                    break;
                case "seed": seed = (ulong)Number(name, value, int.MaxValue); break;
                default: throw ModelRefusal.Invalid($"A model of the sandbox has no setting {name}.", name);
            }
        }
        return fault is null ? read : read with { Plan = new(Faults.Parse(fault), after, first, probability, seed) };
    }

    public Behaviour Over(Behaviour below) => below == Plain ? this : new()
    {
        DelayMs = DelayMs ?? below.DelayMs,
        PaceMs = PaceMs ?? below.PaceMs,
        Chunks = Chunks ?? below.Chunks,
        Words = Words ?? below.Words,
        Cached = Cached ?? below.Cached,
        CacheWrite = CacheWrite ?? below.CacheWrite,
        Reasoning = Reasoning ?? below.Reasoning,
        Cost = Cost ?? below.Cost,
        CostHeader = CostHeader ?? below.CostHeader,
        Key = Key ?? below.Key,
        Plan = Plan ?? below.Plan,
    };

    /// <param name="output">Null when nothing is written, and nothing thought.</param>
    public Usage UsageOf(long input, long? output)
    {
        var cached = Math.Min(Cached ?? 0, input);
        var reasoning = output is null ? 0 : Reasoning ?? 0;
        var usage = new Usage(input, cached, Math.Min(CacheWrite ?? 0, input - cached), (output ?? 0) + reasoning,
            reasoning);
        return usage with { CostNanos = Nanos(Cost ?? CostHeader, usage) };
    }

    public static long? Nanos(string? price, Usage usage) => price switch
    {
        null => null,
        "auto" => usage.PriceNanos,
        _ => long.Parse(price, NumberStyles.None, CultureInfo.InvariantCulture),
    };

    private static string Price(string name, string value) =>
        value == "auto" || long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? value : throw ModelRefusal.Invalid("A cost is auto, or whole nano-dollars.", name);

    private static int Number(string name, string value, int max) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= max
            ? number : throw ModelRefusal.Invalid($"{name} is a whole number from 0 to {max}.", name);
}
