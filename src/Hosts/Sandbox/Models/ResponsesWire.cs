using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>OpenAI's <c>/v1/responses</c>.</summary>
internal sealed class ResponsesWire : OpenAiWire
{
    private const int ArgumentChars = 12;

    public override Ask Read(JsonElement body) => ResponsesReader.Read(body);

    public override void Whole(Utf8JsonWriter json, Reply reply) => Response(json, reply, isDone: true);

    public override Event Padding(Reply reply, EventBuffer buffer, int bytes)
    {
        var json = buffer.Begin();
        json.WriteString("type", "response.padding");
        json.WriteString("padding", new string('x', bytes));
        buffer.End();
        return new("response.padding");
    }

    public override Event Error(EventBuffer buffer, ModelRefusal refusal)
    {
        var json = buffer.Begin();
        json.WriteString("type", "error");
        json.WriteString("code", "server_error");
        json.WriteString("message", refusal.Message);
        json.WriteNull("param");
        json.WriteNumber("sequence_number", 0);
        buffer.End();
        return new("error");
    }

    public override IEnumerable<Event> Events(Reply reply, EventBuffer buffer)
    {
        var number = 0;
        yield return Say(buffer, ref number, "response.created", json => WriteResponse(json, reply, isDone: false));
        yield return Say(buffer, ref number, "response.in_progress", json => WriteResponse(json, reply, isDone: false));
        for (var index = 0; index < reply.Calls.Count; index++)
        {
            var (call, place) = (reply.Calls[index], index);
            var id = CallId(call);
            buffer.CountOutput(call.Name);
            yield return Say(buffer, ref number, "response.output_item.added", json =>
                WriteItem(json, place, () => WriteCall(json, call, "in_progress", ""))) with
            { IsPaced = true };
            foreach (var piece in call.Arguments.Chunk(ArgumentChars).Select(chars => new string(chars)))
            {
                buffer.CountOutput(piece);
                yield return Say(buffer, ref number, "response.function_call_arguments.delta", json =>
                    WritePart(json, id, place, null, "delta", piece)) with
                { IsPaced = true };
            }
            yield return Say(buffer, ref number, "response.function_call_arguments.done", json =>
            {
                json.WriteString("name", call.Name);
                WritePart(json, id, place, null, "arguments", call.Arguments);
            });
            yield return Say(buffer, ref number, "response.output_item.done", json =>
                WriteItem(json, place, () => WriteCall(json, call, "completed", call.Arguments)));
        }
        if (reply.Calls.Count == 0)
        {
            var (id, text) = (MessageId(reply), reply.Texts[0]);
            yield return Say(buffer, ref number, "response.output_item.added", json =>
                WriteItem(json, 0, () => WriteMessage(json, reply, "in_progress", null)));
            yield return Say(buffer, ref number, "response.content_part.added", json => WriteContent(json, id, ""));
            foreach (var piece in reply.Pieces(text))
            {
                buffer.CountOutput(piece);
                yield return Say(buffer, ref number, "response.output_text.delta", json =>
                {
                    WritePart(json, id, 0, 0, "delta", piece);
                    json.WriteStartArray("logprobs");
                    json.WriteEndArray();
                }) with
                { IsPaced = true };
            }
            yield return Say(buffer, ref number, "response.output_text.done", json =>
            {
                WritePart(json, id, 0, 0, "text", text);
                json.WriteStartArray("logprobs");
                json.WriteEndArray();
            });
            yield return Say(buffer, ref number, "response.content_part.done", json => WriteContent(json, id, text));
            yield return Say(buffer, ref number, "response.output_item.done", json =>
                WriteItem(json, 0, () => WriteMessage(json, reply, Status(reply), text)));
        }
        yield return Say(buffer, ref number, $"response.{Status(reply)}", json =>
            WriteResponse(json, reply, isDone: true)) with
        {
            IsLast = true,
            Tells = reply.Faults.NoUsage ? Telling.Nothing : Telling.All,
        };
    }

    private static Event Say(EventBuffer buffer, ref int number, string type, Action<Utf8JsonWriter> write)
    {
        var json = buffer.Begin();
        json.WriteString("type", type);
        json.WriteNumber("sequence_number", number++);
        write(json);
        buffer.End();
        return new(type);
    }

    private static string Status(Reply reply) => reply.Finish == Finish.Length ? "incomplete" : "completed";

    private static string MessageId(Reply reply) => $"msg_{reply.Number:d8}";

    private static string CallId(ToolCall call) => $"fc_{call.Id}";

    private static void WriteResponse(Utf8JsonWriter json, Reply reply, bool isDone)
    {
        json.WriteStartObject("response");
        Response(json, reply, isDone);
        json.WriteEndObject();
    }

    private static void Response(Utf8JsonWriter json, Reply reply, bool isDone)
    {
        json.WriteString("id", $"resp_{reply.Number:d8}");
        json.WriteString("object", "response");
        json.WriteNumber("created_at", reply.CreatedAt);
        json.WriteString("status", isDone ? Status(reply) : "in_progress");
        json.WriteNull("error");
        if (isDone && reply.Finish == Finish.Length)
        {
            json.WriteStartObject("incomplete_details");
            json.WriteString("reason", "max_output_tokens");
            json.WriteEndObject();
        }
        else { json.WriteNull("incomplete_details"); }
        json.WriteNull("instructions");
        json.WriteString("model", reply.Model);
        json.WriteStartArray("output");
        if (isDone) { WriteOutput(json, reply); }
        json.WriteEndArray();
        json.WriteBoolean("parallel_tool_calls", true);
        json.WriteNull("previous_response_id");
        json.WriteString("tool_choice", "auto");
        json.WriteStartArray("tools");
        json.WriteEndArray();
        json.WriteStartObject("metadata");
        json.WriteEndObject();
        if (isDone) { WriteUsed(json, reply); }
        else { json.WriteNull("usage"); }
    }

    private static void WriteOutput(Utf8JsonWriter json, Reply reply)
    {
        foreach (var call in reply.Calls)
        {
            json.WriteStartObject();
            WriteCall(json, call, "completed", call.Arguments);
            json.WriteEndObject();
        }
        if (reply.Calls.Count > 0) { return; }
        json.WriteStartObject();
        WriteMessage(json, reply, Status(reply), reply.Texts[0]);
        json.WriteEndObject();
    }

    private static void WriteUsed(Utf8JsonWriter json, Reply reply)
    {
        if (reply.Faults.NoUsage) { return; }
        var (usage, faults) = (reply.Usage, reply.Faults);
        json.WriteStartObject("usage");
        Count(json, "input_tokens", usage.Input, faults);
        json.WriteStartObject("input_tokens_details");
        Count(json, "cached_tokens", usage.CachedInput, faults);
        json.WriteEndObject();
        Count(json, "output_tokens", usage.Output, faults);
        json.WriteStartObject("output_tokens_details");
        Count(json, "reasoning_tokens", usage.Reasoning, faults);
        json.WriteEndObject();
        Count(json, "total_tokens", usage.Input + usage.Output, faults);
        if (reply.NamesCost && usage.CostNanos is { } nanos) { json.WriteNumber("cost", nanos / 1_000_000_000m); }
        json.WriteEndObject();
    }

    private static void WriteItem(Utf8JsonWriter json, int place, Action write)
    {
        json.WriteNumber("output_index", place);
        json.WriteStartObject("item");
        write();
        json.WriteEndObject();
    }

    private static void WritePart(Utf8JsonWriter json, string id, int place, int? content, string name, string value)
    {
        json.WriteString("item_id", id);
        json.WriteNumber("output_index", place);
        if (content is { } index) { json.WriteNumber("content_index", index); }
        json.WriteString(name, value);
    }

    private static void WriteContent(Utf8JsonWriter json, string id, string text)
    {
        json.WriteString("item_id", id);
        json.WriteNumber("output_index", 0);
        json.WriteNumber("content_index", 0);
        json.WriteStartObject("part");
        WriteText(json, text);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string text)
    {
        json.WriteString("type", "output_text");
        json.WriteStartArray("annotations");
        json.WriteEndArray();
        json.WriteStartArray("logprobs");
        json.WriteEndArray();
        json.WriteString("text", text);
    }

    private static void WriteMessage(Utf8JsonWriter json, Reply reply, string status, string? text)
    {
        json.WriteString("id", MessageId(reply));
        json.WriteString("type", "message");
        json.WriteString("status", status);
        json.WriteString("role", "assistant");
        json.WriteStartArray("content");
        if (text is not null)
        {
            json.WriteStartObject();
            WriteText(json, text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteCall(Utf8JsonWriter json, ToolCall call, string status, string arguments)
    {
        json.WriteString("id", CallId(call));
        json.WriteString("type", "function_call");
        json.WriteString("status", status);
        json.WriteString("call_id", $"call_{call.Id}");
        json.WriteString("name", call.Name);
        json.WriteString("arguments", arguments);
    }
}
