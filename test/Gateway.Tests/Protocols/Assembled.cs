using System.Text;
using System.Text.Json.Nodes;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>Puts a stream together again, as the official clients do, and holds it to the order its format promises.</summary>
internal static class Assembled
{
    public static JsonObject Messages(List<(string Name, string Data)> events)
    {
        JsonObject? message = null;
        var inputs = new Dictionary<int, StringBuilder>();
        var open = -1;
        var isStopped = false;
        foreach (var (name, data) in events)
        {
            Assert.False(isStopped, "Something came after the end.");
            var said = Wire.Read(Wire.Bytes(data));
            Assert.Equal(name, (string?)said["type"]);
            var index = (int?)said["index"] ?? -1;
            switch (name)
            {
                case "message_start":
                    Assert.Null(message);
                    message = said["message"]!.DeepClone().AsObject();
                    break;
                case "content_block_start":
                    Assert.Equal(-1, open);
                    Assert.Equal(message!["content"]!.AsArray().Count, index);
                    message["content"]!.AsArray().Add(said["content_block"]!.DeepClone());
                    open = index;
                    break;
                case "content_block_delta":
                    var block = message!["content"]![index]!.AsObject();
                    var delta = said["delta"]!;
                    switch ((string?)delta["type"])
                    {
                        case "text_delta": Append(block, "text", delta["text"]); break;
                        case "thinking_delta": Append(block, "thinking", delta["thinking"]); break;
                        case "signature_delta": block["signature"] = (string?)delta["signature"]; break;
                        case "input_json_delta":
                            if (!inputs.TryGetValue(index, out var input)) { inputs[index] = input = new(); }
                            input.Append((string?)delta["partial_json"]);
                            break;
                        default: throw new InvalidOperationException(data);
                    }
                    break;
                case "content_block_stop":
                    Assert.Equal(open, index);
                    open = -1;
                    break;
                case "message_delta":
                    foreach (var (key, value) in said["delta"]!.AsObject()) { message![key] = value?.DeepClone(); }
                    message!["usage"] = said["usage"]!.DeepClone();
                    break;
                default:
                    Assert.Equal("message_stop", name);
                    isStopped = true;
                    break;
            }
        }
        Assert.True(isStopped);
        Assert.Equal(-1, open);
        foreach (var (index, input) in inputs) { message!["content"]![index]!["input"] = Arguments(input.ToString()); }
        return message!;
    }

    public static JsonObject Chat(List<(string Name, string Data)> events, bool hasUsage)
    {
        Assert.Equal("[DONE]", events[^1].Data);
        var chunks = events[..^1].Select(each => Wire.Read(Wire.Bytes(each.Data))).ToList();
        var whole = new JsonObject { ["id"] = (string?)chunks[0]["id"], ["model"] = (string?)chunks[0]["model"] };
        Assert.Equal("assistant", (string?)chunks[0]["choices"]![0]!["delta"]!["role"]);
        var message = new JsonObject { ["content"] = "" };
        foreach (var chunk in chunks)
        {
            Assert.Equal("chat.completion.chunk", (string?)chunk["object"]);
            Assert.Equal((string?)whole["id"], (string?)chunk["id"]);
            if (chunk.ContainsKey("usage"))
            {
                Assert.True(hasUsage && ReferenceEquals(chunk, chunks[^1]) && chunk["choices"]!.AsArray().Count == 0);
                whole["usage"] = chunk["usage"]!.DeepClone();
                continue;
            }
            Assert.Null(whole["finish_reason"]);
            var delta = chunk["choices"]![0]!["delta"]!.AsObject();
            whole["finish_reason"] = (string?)chunk["choices"]![0]!["finish_reason"];
            foreach (var name in (string[])["content", "reasoning_content"])
            {
                if (delta.ContainsKey(name)) { Append(message, name, delta[name]); }
            }
            foreach (var detail in delta["reasoning_details"]?.AsArray() ?? []) { List(message, "reasoning_details").Add(detail!.DeepClone()); }
            foreach (var call in delta["tool_calls"]?.AsArray() ?? [])
            {
                var calls = List(message, "tool_calls");
                if (calls.Count == (int)call!["index"]!)
                {
                    var first = call.DeepClone().AsObject();
                    first.Remove("index");
                    calls.Add(first);
                }
                else { Append(calls[(int)call["index"]!]!["function"]!.AsObject(), "arguments", call["function"]!["arguments"]); }
            }
        }
        Assert.Equal(hasUsage, whole.ContainsKey("usage"));
        whole["message"] = message;
        return whole;
    }

    public static JsonObject Responses(List<(string Name, string Data)> events)
    {
        var read = events.Select(each => Wire.Read(Wire.Bytes(each.Data))).ToList();
        Assert.Equal(events.Select(each => each.Name), read.Select(each => (string?)each["type"]));
        Assert.Equal(Enumerable.Range(0, read.Count), read.Select(each => (int)each["sequence_number"]!));
        Assert.Equal(["response.created", "response.in_progress"], events[..2].Select(each => each.Name));
        Assert.Contains(events[^1].Name, (string[])["response.completed", "response.incomplete"]);
        var output = new JsonArray();
        var texts = new Dictionary<int, StringBuilder>();
        var done = new HashSet<int>();
        foreach (var said in read[2..^1])
        {
            var (name, index) = ((string)said["type"]!, (int)said["output_index"]!);
            Assert.DoesNotContain(index, done);
            if (name == "response.output_item.added")
            {
                Assert.Equal(output.Count, index);
                Assert.Equal("in_progress", (string?)said["item"]!["status"]);
                output.Add(said["item"]!.DeepClone());
                texts[index] = new();
                continue;
            }
            var item = output[index]!;
            if (name == "response.output_item.done")
            {
                Assert.Equal((string?)item["id"], (string?)said["item"]!["id"]);
                output[index] = said["item"]!.DeepClone();
                done.Add(index);
                continue;
            }
            Assert.Equal((string?)item["id"], (string?)said["item_id"]);
            if (name.EndsWith(".delta", StringComparison.Ordinal)) { texts[index].Append((string?)said["delta"]); }
            else if (name == "response.content_part.added") { item["content"]!.AsArray().Add(said["part"]!.DeepClone()); }
            else if (name.EndsWith(".done", StringComparison.Ordinal) && name != "response.content_part.done")
            {
                Assert.Equal(texts[index].ToString(), (string?)(said["text"] ?? said["arguments"] ?? said["refusal"]));
            }
            else { Assert.Equal("response.content_part.done", name); }
        }
        Assert.Equal(output.Count, done.Count);
        var response = read[^1]["response"]!.AsObject();
        Assert.True(JsonNode.DeepEquals(output, response["output"]), "The end says something else than the events before it.");
        return response;
    }

    private static JsonArray List(JsonObject owner, string name)
    {
        if (owner[name] is not JsonArray list) { owner[name] = list = []; }
        return list;
    }

    private static void Append(JsonObject owner, string name, JsonNode? text) =>
        owner[name] = (string?)owner[name] + (string?)text;

    // Clients read arguments only as far as they can be read.
    private static JsonNode Arguments(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? [];
        }
        catch (System.Text.Json.JsonException)
        {
            return new JsonObject();
        }
    }
}
