using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>What all of OpenAI's answers share.</summary>
internal abstract class OpenAiWire : Wire
{
    public override Event Error(EventBuffer buffer, ModelRefusal refusal)
    {
        ModelErrors.WriteOpenAi(buffer.Begin(), refusal);
        buffer.End();
        return new();
    }

    /// <summary>Where a stream of chunks tells its usage; null when nobody asked.</summary>
    protected static UsagePlace? PlaceOf(Reply reply) => reply.Faults.NoUsage ? null
        : reply.Faults.UsagePlace ?? (reply.Ask.WantsUsage ? UsagePlace.Late : null);

    protected static void WriteUsage(Utf8JsonWriter json, Reply reply, long? outputSoFar = null)
    {
        if (reply.Faults.NoUsage) { return; }
        var (usage, faults) = (reply.Usage, reply.Faults);
        var output = outputSoFar ?? usage.Output;
        json.WriteStartObject("usage");
        Count(json, "prompt_tokens", usage.Input, faults);
        Count(json, "completion_tokens", output, faults);
        Count(json, "total_tokens", usage.Input + output, faults);
        json.WriteStartObject("prompt_tokens_details");
        Count(json, "cached_tokens", usage.CachedInput, faults);
        if (usage.CacheWrite > 0) { Count(json, "cache_write_tokens", usage.CacheWrite, faults); }
        json.WriteNumber("audio_tokens", 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details");
        Count(json, "reasoning_tokens", usage.Reasoning, faults);
        json.WriteNumber("audio_tokens", 0);
        json.WriteNumber("accepted_prediction_tokens", 0);
        json.WriteNumber("rejected_prediction_tokens", 0);
        json.WriteEndObject();
        if (reply.NamesCost && usage.CostNanos is { } nanos)
        {
            json.WriteNumber("cost", nanos / 1_000_000_000m);
            json.WriteBoolean("is_byok", false);
        }
        json.WriteEndObject();
    }

    protected static string FinishOf(Reply reply) => reply.Finish switch
    {
        Finish.Length => "length",
        Finish.Calls => "tool_calls",
        _ => "stop",
    };
}
