using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Anthropic's <c>/v1/messages</c>.</summary>
internal sealed class MessagesWire : Wire
{
    private const int ArgumentChars = 12;

    public override Ask Read(JsonElement body) => MessagesReader.Read(body, countsOnly: false);

    public override void Whole(Utf8JsonWriter json, Reply reply)
    {
        Head(json, reply);
        json.WriteStartArray("content");
        foreach (var call in reply.Calls)
        {
            json.WriteStartObject();
            WriteCall(json, call, call.Arguments);
            json.WriteEndObject();
        }
        if (reply.Calls.Count == 0 && reply.Texts[0].Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", reply.Texts[0]);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        Stop(json, reply);
        WriteUsage(json, reply, reply.Usage.Output);
    }

    public override IEnumerable<Event> Events(Reply reply, EventBuffer buffer)
    {
        yield return Start(reply, buffer);
        if (reply.Calls.Count == 0)
        {
            yield return Block(buffer, "content_block_start", 0, "content_block", json =>
            {
                json.WriteString("type", "text");
                json.WriteString("text", "");
            });
            yield return Ping(buffer);
            foreach (var piece in reply.Pieces(reply.Texts[0]))
            {
                buffer.CountOutput(piece);
                yield return Block(buffer, "content_block_delta", 0, "delta", json =>
                {
                    json.WriteString("type", "text_delta");
                    json.WriteString("text", piece);
                }) with
                { IsPaced = true };
            }
            yield return Block(buffer, "content_block_stop", 0);
        }
        for (var index = 0; index < reply.Calls.Count; index++)
        {
            var call = reply.Calls[index];
            buffer.CountOutput(call.Name);
            yield return Block(buffer, "content_block_start", index, "content_block", json =>
                WriteCall(json, call, "{}"))
                with
            { IsPaced = true };
            if (index == 0) { yield return Ping(buffer); }
            foreach (var piece in call.Arguments.Chunk(ArgumentChars).Select(chars => new string(chars)).Prepend(""))
            {
                buffer.CountOutput(piece);
                yield return Block(buffer, "content_block_delta", index, "delta", json =>
                {
                    json.WriteString("type", "input_json_delta");
                    json.WriteString("partial_json", piece);
                }) with
                { IsPaced = true };
            }
            yield return Block(buffer, "content_block_stop", index);
        }
        yield return Delta(reply, buffer);
        buffer.Begin().WriteString("type", "message_stop");
        buffer.End();
        yield return new("message_stop", IsLast: true);
    }

    public override Event Padding(Reply reply, EventBuffer buffer, int bytes)
    {
        var json = buffer.Begin();
        json.WriteString("type", "ping");
        json.WriteString("padding", new string('x', bytes));
        buffer.End();
        return new("ping");
    }

    public override Event Error(EventBuffer buffer, ModelRefusal refusal)
    {
        ModelErrors.WriteAnthropic(buffer.Begin(), refusal, null);
        buffer.End();
        return new("error");
    }

    private static Event Start(Reply reply, EventBuffer buffer)
    {
        var json = buffer.Begin();
        json.WriteString("type", "message_start");
        json.WriteStartObject("message");
        Head(json, reply);
        json.WriteStartArray("content");
        json.WriteEndArray();
        json.WriteNull("stop_reason");
        json.WriteNull("stop_sequence");
        // It begins with the input and the first token, as Anthropic's streams do.
        WriteUsage(json, reply, Math.Min(1, reply.Usage.Output));
        json.WriteEndObject();
        buffer.End();
        return new("message_start", Tells: reply.Faults.NoUsage ? Telling.Nothing : Telling.Part);
    }

    private static Event Delta(Reply reply, EventBuffer buffer)
    {
        var json = buffer.Begin();
        json.WriteString("type", "message_delta");
        json.WriteStartObject("delta");
        Stop(json, reply);
        json.WriteEndObject();
        if (!reply.Faults.NoUsage)
        {
            json.WriteStartObject("usage");
            Count(json, "output_tokens", reply.Usage.Output, reply.Faults);
            json.WriteEndObject();
        }
        buffer.End();
        return new("message_delta", Tells: reply.Faults.NoUsage ? Telling.Nothing : Telling.All);
    }

    private static Event Ping(EventBuffer buffer)
    {
        buffer.Begin().WriteString("type", "ping");
        buffer.End();
        return new("ping");
    }

    private static Event Block(
        EventBuffer buffer, string type, int index, string? name = null, Action<Utf8JsonWriter>? write = null)
    {
        var json = buffer.Begin();
        json.WriteString("type", type);
        json.WriteNumber("index", index);
        if (name is not null)
        {
            json.WriteStartObject(name);
            write?.Invoke(json);
            json.WriteEndObject();
        }
        buffer.End();
        return new(type);
    }

    private static void Head(Utf8JsonWriter json, Reply reply)
    {
        json.WriteString("id", $"msg_{reply.Number:d8}");
        json.WriteString("type", "message");
        json.WriteString("role", "assistant");
        json.WriteString("model", reply.Model);
    }

    private static void Stop(Utf8JsonWriter json, Reply reply)
    {
        json.WriteString("stop_reason", reply.Finish switch
        {
            Finish.Length => "max_tokens",
            Finish.Calls => "tool_use",
            Finish.StopSequence => "stop_sequence",
            _ => "end_turn",
        });
        json.WriteString("stop_sequence", reply.StopSequence);
    }

    // Anthropic counts what was cached beside the input, not as a part of it.
    private static void WriteUsage(Utf8JsonWriter json, Reply reply, long output)
    {
        if (reply.Faults.NoUsage) { return; }
        var (usage, faults) = (reply.Usage, reply.Faults);
        json.WriteStartObject("usage");
        Count(json, "input_tokens", usage.Input - usage.CachedInput - usage.CacheWrite, faults);
        Count(json, "cache_creation_input_tokens", usage.CacheWrite, faults);
        Count(json, "cache_read_input_tokens", usage.CachedInput, faults);
        Count(json, "output_tokens", output, faults);
        json.WriteString("service_tier", "standard");
        if (reply.NamesCost && usage.CostNanos is { } nanos) { json.WriteNumber("cost", nanos / 1_000_000_000m); }
        json.WriteEndObject();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolCall call, string arguments)
    {
        json.WriteString("type", "tool_use");
        json.WriteString("id", $"toolu_{call.Id}");
        json.WriteString("name", call.Name);
        json.WritePropertyName("input");
        json.WriteRawValue(arguments);
    }
}
