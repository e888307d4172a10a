using System.Runtime.InteropServices;
using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>OpenAI's <c>/v1/embeddings</c>: the same text is always the same unit vector, and texts that share words
/// are near.</summary>
internal sealed class EmbeddingsWire : OpenAiWire
{
    private const int DimensionsUsual = 1536;
    private const int DimensionsMax = 8192;

    public override Ask Read(JsonElement body)
    {
        OpenAiRules.NeedText(body, "model", "model");
        var ask = new Ask
        {
            IsAnswered = false,
            Dimensions = (int)(OpenAiRules.Whole(body, "dimensions", 1, DimensionsMax) ?? DimensionsUsual),
            WantsBase64 = body.Text("encoding_format") switch
            {
                null or "float" => false,
                "base64" => true,
                var other => throw ModelRefusal.Invalid($"Invalid value: '{other}'. Supported values are: 'float' and "
                    + "'base64'.",
                    "encoding_format", "invalid_value"),
            },
        };
        Texts.Read(OpenAiRules.Need(body, "input"), "input", ask);
        if (ask.Texts.Any(text => text.Length == 0))
        {
            throw ModelRefusal.Invalid("Input cannot be an empty string.", "input");
        }
        return ask;
    }

    public override void Whole(Utf8JsonWriter json, Reply reply)
    {
        json.WriteString("object", "list");
        json.WriteStartArray("data");
        for (var index = 0; index < reply.Ask.Texts.Count; index++)
        {
            var vector = VectorOf(reply.Ask.Texts[index], reply.Ask.Dimensions);
            json.WriteStartObject();
            json.WriteString("object", "embedding");
            json.WriteNumber("index", index);
            if (reply.Ask.WantsBase64) { json.WriteBase64String("embedding", MemoryMarshal.AsBytes(vector.AsSpan())); }
            else
            {
                json.WriteStartArray("embedding");
                foreach (var number in vector) { json.WriteNumberValue(number); }
                json.WriteEndArray();
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("model", reply.Model);
        if (reply.Faults.NoUsage) { return; }
        json.WriteStartObject("usage");
        Count(json, "prompt_tokens", reply.Usage.Input, reply.Faults);
        Count(json, "total_tokens", reply.Usage.Input, reply.Faults);
        if (reply.NamesCost && reply.Usage.CostNanos is { } nanos) { json.WriteNumber("cost", nanos / 1_000_000_000m); }
        json.WriteEndObject();
    }

    public override IEnumerable<Event> Events(Reply reply, EventBuffer buffer) => throw NoStream();

    public override Event Padding(Reply reply, EventBuffer buffer, int bytes) => throw NoStream();

    internal static float[] VectorOf(string text, int dimensions)
    {
        var vector = new float[dimensions];
        var from = 0;
        for (var at = 0; at <= text.Length; at++)
        {
            if (at < text.Length && char.IsLetterOrDigit(text[at])) { continue; }
            if (at > from) { Add(text.AsSpan(from, at - from), vector); }
            from = at + 1;
        }
        // A text without a word is itself.
        var length = Length(vector);
        if (length == 0)
        {
            Add(text, vector);
            length = Length(vector);
        }
        for (var index = 0; index < dimensions; index++) { vector[index] /= length; }
        return vector;
    }

    private static float Length(float[] vector) => MathF.Sqrt(vector.Sum(number => number * number));

    private static void Add(ReadOnlySpan<char> word, float[] vector)
    {
        // FNV-1a; a hash of .NET's own would be another one in every process.
        var seed = 14695981039346656037UL;
        foreach (var letter in word) { seed = (seed ^ char.ToLowerInvariant(letter)) * 1099511628211UL; }
        for (var index = 0; index < vector.Length; index++)
        {
            vector[index] += (float)(FaultPlan.Dice(seed + (ulong)index) - 0.5);
        }
    }

    private static InvalidOperationException NoStream() => new("Embeddings have no stream.");
}
