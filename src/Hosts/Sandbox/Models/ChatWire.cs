using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>OpenAI's <c>/v1/chat/completions</c>.</summary>
internal sealed class ChatWire : OpenAiWire
{
    private const int ArgumentChars = 12;

    public override Ask Read(JsonElement body) => ChatReader.Read(body);

    public override void Whole(Utf8JsonWriter json, Reply reply)
    {
        Head(json, reply, "chat.completion");
        json.WriteStartArray("choices");
        for (var index = 0; index < reply.Texts.Count; index++)
        {
            json.WriteStartObject();
            json.WriteNumber("index", index);
            json.WriteStartObject("message");
            json.WriteString("role", "assistant");
            if (reply.Calls.Count == 0) { json.WriteString("content", reply.Texts[index]); }
            else
            {
                json.WriteNull("content");
                json.WriteStartArray("tool_calls");
                foreach (var call in reply.Calls)
                {
                    json.WriteStartObject();
                    WriteCall(json, call, call.Arguments);
                    json.WriteEndObject();
                }
                json.WriteEndArray();
            }
            json.WriteNull("refusal");
            json.WriteStartArray("annotations");
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteNull("logprobs");
            json.WriteString("finish_reason", FinishOf(reply));
            json.WriteEndObject();
        }
        json.WriteEndArray();
        WriteUsage(json, reply);
        json.WriteString("service_tier", "default");
        json.WriteNull("system_fingerprint");
    }

    public override IEnumerable<Event> Events(Reply reply, EventBuffer buffer)
    {
        var place = PlaceOf(reply);
        for (var choice = 0; choice < reply.Texts.Count; choice++)
        {
            yield return Chunk(reply, buffer, place, choice, json =>
            {
                json.WriteString("role", "assistant");
                json.WriteString("content", "");
                json.WriteNull("refusal");
            });
            foreach (var piece in reply.Calls.Count == 0 ? reply.Pieces(reply.Texts[choice]) : [])
            {
                buffer.CountOutput(piece);
                yield return Chunk(reply, buffer, place, choice, json =>
                    json.WriteString("content", piece)) with
                { IsPaced = true };
            }
        }
        for (var index = 0; index < reply.Calls.Count; index++)
        {
            var (call, number) = (reply.Calls[index], index);
            buffer.CountOutput(call.Name);
            yield return Chunk(reply, buffer, place, 0, json => Called(json, number, call)) with { IsPaced = true };
            foreach (var piece in call.Arguments.Chunk(ArgumentChars).Select(chars => new string(chars)))
            {
                buffer.CountOutput(piece);
                yield return Chunk(reply, buffer, place, 0, json =>
                    Called(json, number, piece)) with
                { IsPaced = true };
            }
        }
        for (var choice = 0; choice < reply.Texts.Count; choice++)
        {
            var tells = place is UsagePlace.Finish or UsagePlace.Every && choice == reply.Texts.Count - 1;
            yield return Chunk(reply, buffer, place, choice, null, tells);
        }
        if (place == UsagePlace.Late)
        {
            var json = buffer.Begin();
            Head(json, reply, "chat.completion.chunk");
            json.WriteStartArray("choices");
            json.WriteEndArray();
            WriteUsage(json, reply);
            buffer.End();
            yield return new(Tells: Telling.All);
        }
        buffer.Write("[DONE]"u8);
        yield return new(IsLast: true);
    }

    public override Event Padding(Reply reply, EventBuffer buffer, int bytes)
    {
        var json = buffer.Begin();
        Head(json, reply, "chat.completion.chunk");
        json.WriteStartArray("choices");
        json.WriteEndArray();
        json.WriteString("padding", new string('x', bytes));
        buffer.End();
        return new();
    }

    private static void Head(Utf8JsonWriter json, Reply reply, string kind)
    {
        json.WriteString("id", $"chatcmpl-{reply.Number:d8}");
        json.WriteString("object", kind);
        json.WriteNumber("created", reply.CreatedAt);
        json.WriteString("model", reply.Model);
    }

    // Without a delta it is the chunk that says why the choice finished.
    private static Event Chunk(
        Reply reply, EventBuffer buffer, UsagePlace? place, int choice, Action<Utf8JsonWriter>? delta,
        bool tells = false)
    {
        var json = buffer.Begin();
        Head(json, reply, "chat.completion.chunk");
        json.WriteNull("system_fingerprint");
        json.WriteStartArray("choices");
        json.WriteStartObject();
        json.WriteNumber("index", choice);
        json.WriteStartObject("delta");
        delta?.Invoke(json);
        json.WriteEndObject();
        json.WriteNull("logprobs");
        if (delta is null) { json.WriteString("finish_reason", FinishOf(reply)); }
        else { json.WriteNull("finish_reason"); }
        json.WriteEndObject();
        json.WriteEndArray();
        if (tells) { WriteUsage(json, reply); }
        else if (place == UsagePlace.Every) { WriteUsage(json, reply, buffer.OutputTokens); }
        else if (place == UsagePlace.Late) { json.WriteNull("usage"); }
        buffer.End();
        return new(Tells: tells ? Telling.All : place == UsagePlace.Every ? Telling.Part : Telling.Nothing);
    }

    private static void Called(Utf8JsonWriter json, int index, ToolCall call)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber("index", index);
        WriteCall(json, call, "");
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void Called(Utf8JsonWriter json, int index, string piece)
    {
        json.WriteStartArray("tool_calls");
        json.WriteStartObject();
        json.WriteNumber("index", index);
        json.WriteStartObject("function");
        json.WriteString("arguments", piece);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolCall call, string arguments)
    {
        json.WriteString("id", $"call_{call.Id}");
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", call.Name);
        json.WriteString("arguments", arguments);
        json.WriteEndObject();
    }
}
