using System.Text;
using System.Text.Json.Nodes;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>One answer, which either kind of provider can send whole or in pieces.</summary>
internal sealed record MadeAnswer(string Thought, string Text, string[] Calls, string Finish, int[] Usage, int[] Cuts)
{
    private int Cached => Math.Min(Usage[2], Usage[0]);

    private string Stop => Calls.Length > 0 ? "tool_use" : Finish switch
    {
        "length" => "max_tokens",
        "content_filter" => "refusal",
        _ => "end_turn",
    };

    public string ChatWhole() => new JsonObject
    {
        ["id"] = "c1",
        ["created"] = 7,
        ["choices"] = new JsonArray(new JsonObject
        {
            ["message"] = new JsonObject
            {
                ["content"] = Text,
                ["reasoning_content"] = Thought,
                ["tool_calls"] = new JsonArray([.. Calls.Select((call, at) => Call(at, call))]),
            },
            ["finish_reason"] = Finish,
        }),
        ["usage"] = ChatUsage(),
    }.ToJsonString();

    public IEnumerable<string> ChatStream()
    {
        foreach (var piece in Cut(Thought)) { yield return Chunk(new() { ["reasoning_content"] = piece }); }
        foreach (var piece in Cut(Text)) { yield return Chunk(new() { ["content"] = piece }); }
        for (var at = 0; at < Calls.Length; at++)
        {
            var pieces = Cut(Calls[at]).ToList();
            var early = Cuts[at] % 2;
            var first = Call(at, string.Concat(pieces.Take(early)));
            first["index"] = at;
            yield return Chunk(new() { ["tool_calls"] = new JsonArray(first) });
            foreach (var piece in pieces.Skip(early))
            {
                yield return Chunk(new()
                {
                    ["tool_calls"] = new JsonArray(new JsonObject
                    { ["index"] = at, ["function"] = new JsonObject { ["arguments"] = piece } }),
                });
            }
        }
        yield return Chunk([], Finish);
        yield return new JsonObject { ["choices"] = new JsonArray(), ["usage"] = ChatUsage() }.ToJsonString();
        yield return "[DONE]";
    }

    public string MessagesWhole() => new JsonObject
    {
        ["id"] = "msg_1",
        ["content"] = new JsonArray([.. Blocks().Select(block => block.Whole)]),
        ["stop_reason"] = Stop,
        ["usage"] = MessagesUsage(),
    }.ToJsonString();

    public IEnumerable<string> MessagesStream()
    {
        var early = MessagesUsage();
        early["output_tokens"] = 1;
        yield return Event("message_start", ("message", new JsonObject { ["id"] = "msg_1", ["usage"] = early }));
        var index = 0;
        foreach (var (_, begin, deltas) in Blocks())
        {
            yield return Event("content_block_start", ("index", index), ("content_block", begin));
            foreach (var delta in deltas) { yield return Event("content_block_delta", ("index", index), ("delta", delta)); }
            yield return Event("content_block_stop", ("index", index++));
        }
        yield return Event("message_delta", ("delta", new JsonObject { ["stop_reason"] = Stop }),
            ("usage", new JsonObject { ["output_tokens"] = Usage[1] }));
        yield return Event("message_stop");
    }

    private IEnumerable<(JsonObject Whole, JsonObject Begin, IEnumerable<JsonObject> Deltas)> Blocks()
    {
        if (Thought.Length > 0)
        {
            yield return (
                new() { ["type"] = "thinking", ["thinking"] = Thought, ["signature"] = "S" },
                new() { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
                Cut(Thought).Select(piece => new JsonObject { ["type"] = "thinking_delta", ["thinking"] = piece })
                    .Append(new JsonObject { ["type"] = "signature_delta", ["signature"] = "S" }));
        }
        if (Text.Length > 0)
        {
            yield return (
                new() { ["type"] = "text", ["text"] = Text },
                new() { ["type"] = "text", ["text"] = "" },
                Cut(Text).Select(piece => new JsonObject { ["type"] = "text_delta", ["text"] = piece }));
        }
        for (var at = 0; at < Calls.Length; at++)
        {
            var call = new JsonObject { ["type"] = "tool_use", ["id"] = $"t{at}", ["name"] = "look", ["input"] = new JsonObject() };
            var whole = call.DeepClone().AsObject();
            whole["input"] = JsonNode.Parse(Calls[at]);
            // A tool without arguments is sent none at all.
            yield return (whole, call, Calls[at] == "{}" ? [] : Cut(Calls[at]).Select(piece =>
                new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = piece }));
        }
    }

    private IEnumerable<string> Cut(string text)
    {
        var piece = new StringBuilder();
        var (cut, count) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            piece.Append(rune);
            if (++count < Cuts[cut % Cuts.Length]) { continue; }
            yield return piece.ToString();
            piece.Clear();
            (cut, count) = (cut + 1, 0);
        }
        if (piece.Length > 0) { yield return piece.ToString(); }
    }

    private static JsonObject Call(int at, string arguments) => new()
    {
        ["id"] = $"t{at}",
        ["type"] = "function",
        ["function"] = new JsonObject { ["name"] = "look", ["arguments"] = arguments },
    };

    private static string Chunk(JsonObject delta, string? finish = null) => new JsonObject
    {
        ["id"] = "c1",
        ["created"] = 7,
        ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish }),
    }.ToJsonString();

    private static string Event(string type, params (string Name, JsonNode Value)[] fields)
    {
        var data = new JsonObject { ["type"] = type };
        foreach (var (name, value) in fields) { data[name] = value; }
        return data.ToJsonString();
    }

    private JsonObject ChatUsage() => new()
    {
        ["prompt_tokens"] = Usage[0],
        ["completion_tokens"] = Usage[1],
        ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = Cached },
        ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = Usage[3] },
    };

    private JsonObject MessagesUsage() => new()
    {
        ["input_tokens"] = Usage[0],
        ["cache_read_input_tokens"] = Usage[2],
        ["cache_creation_input_tokens"] = Usage[3],
        ["output_tokens"] = Usage[1],
    };
}
