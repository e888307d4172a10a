using System.Globalization;
using System.Text.Json;
using Wopr.Gateway.Protocols;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>
/// What a provider's answer says was used, put together from the parts of a stream or from one whole body. A count that
/// is no count, or that nothing of this size can have taken, is not believed.
/// </summary>
internal sealed class UsageReader(WireFormat format)
{
    private const int DepthMax = 64;

    // Not said yet, or not believably.
    private const long Unknown = -1;

    private long _input = Unknown, _output = Unknown;
    private long _cached, _cacheRead, _cacheWrite;
    private Money? _cost;

    /// <summary>Signs of text that were written, for when the provider does not count.</summary>
    public long TextBytes { get; private set; }

    /// <summary>Of the last part: nothing but usage, which a caller who did not ask for it does not expect.</summary>
    public bool IsOnlyUsage { get; private set; }

    /// <summary>The provider's own words that it failed, in the middle of a stream.</summary>
    public bool IsError { get; private set; }

    /// <summary>Null when it was not said, or not believably.</summary>
    public TokenUsage? Usage(long tokensMax)
    {
        if (_input == Unknown || (_output == Unknown && format != WireFormat.Embeddings)) { return null; }
        var (input, output) = (_input, Math.Max(0, _output));
        // Anthropic counts what came from the cache and what went there beside the input, OpenAI within it.
        if (format == WireFormat.Messages) { input += Math.Max(0, _cacheRead) + Math.Max(0, _cacheWrite); }
        var cached = Math.Max(0, format == WireFormat.Messages ? _cacheRead : _cached);
        return input <= tokensMax && output <= tokensMax ? new(input, cached, Math.Max(0, _cacheWrite), output, _cost) : null;
    }

    /// <summary>Reads one JSON text: a whole answer, or the data of one event. False when it is none.</summary>
    public bool Read(ReadOnlySpan<byte> json)
    {
        (IsOnlyUsage, var hadUsage, var isBare) = (false, false, false);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DepthMax });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName) { continue; }
                if (reader.ValueTextEquals("usage"u8))
                {
                    reader.Read();
                    if (reader.TokenType == JsonTokenType.StartObject) { hadUsage = true; ReadUsage(ref reader); }
                }
                else if (reader.CurrentDepth == 1 && reader.ValueTextEquals("choices"u8))
                {
                    reader.Read();
                    if (reader.TokenType != JsonTokenType.StartArray) { continue; }
                    reader.Read();
                    isBare = reader.TokenType == JsonTokenType.EndArray;
                }
                else if (reader.CurrentDepth == 1 && reader.ValueTextEquals("error"u8))
                {
                    reader.Read();
                    IsError |= reader.TokenType is JsonTokenType.StartObject or JsonTokenType.String;
                }
                else if (IsText(ref reader))
                {
                    reader.Read();
                    if (reader.TokenType == JsonTokenType.String) { TextBytes += reader.ValueSpan.Length; }
                }
            }
        }
        catch (JsonException)
        {
            // In a stream it goes to the caller as it came; only its usage is lost.
            return false;
        }
        IsOnlyUsage = hadUsage && isBare;
        return true;
    }

    private static bool IsText(ref Utf8JsonReader reader) =>
        reader.ValueTextEquals("content"u8) || reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("arguments"u8)
        || reader.ValueTextEquals("partial_json"u8) || reader.ValueTextEquals("thinking"u8) || reader.ValueTextEquals("delta"u8)
        || reader.ValueTextEquals("reasoning"u8) || reader.ValueTextEquals("reasoning_content"u8) || reader.ValueTextEquals("refusal"u8);

    private void ReadUsage(ref Utf8JsonReader reader)
    {
        var depth = reader.CurrentDepth;
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType != JsonTokenType.PropertyName) { continue; }
            if (reader.ValueTextEquals("prompt_tokens"u8) || reader.ValueTextEquals("input_tokens"u8)) { Take(ref reader, ref _input); }
            else if (reader.ValueTextEquals("completion_tokens"u8) || reader.ValueTextEquals("output_tokens"u8)) { Take(ref reader, ref _output); }
            else if (reader.ValueTextEquals("cached_tokens"u8)) { Take(ref reader, ref _cached); }
            else if (reader.ValueTextEquals("cache_read_input_tokens"u8)) { Take(ref reader, ref _cacheRead); }
            else if (reader.ValueTextEquals("cache_creation_input_tokens"u8)) { Take(ref reader, ref _cacheWrite); }
            else if (reader.CurrentDepth == depth + 1 && reader.ValueTextEquals("cost"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.Number && ParseCost(reader.ValueSpan) is { } cost) { _cost = cost; }
            }
        }
    }

    private static void Take(ref Utf8JsonReader reader, ref long count)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0) { count = value; }
        // A count that is no count makes what was said before unbelievable too.
        else if (reader.TokenType != JsonTokenType.Null) { count = Unknown; }
    }

    /// <summary>Dollars, as providers write them, in nano-dollars rounded up.</summary>
    internal static Money? ParseCost(ReadOnlySpan<byte> dollars) =>
        decimal.TryParse(dollars, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value is >= 0 and < 1_000_000
            ? new Money((long)Math.Ceiling(value * 1_000_000_000m))
            : null;
}
