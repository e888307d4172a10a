using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Wopr.Gateway.Tests.Protocols;

/// <summary>Made-up conversations and answers.</summary>
internal static class Made
{
    private static readonly string[] Pieces =
        ["Hello", " ", "\n", "\"", "\\", "/", "é", "😀", "\u2028", "{\"a\":1}", "data: x", "\0", "</s>", "'", "+", "0"];

    public static Gen<string> Text { get; } =
        from pieces in Gen.Elements(Pieces).NonEmptyListOf()
        select string.Concat(pieces.Take(12));

    public static Gen<JsonObject> Input { get; } = Gen.Elements(
        "{}", """{"a":1}""", """{"at":"Rome \"x\" é","n":12345678901234567890,"deep":{"list":[1.50,null,true,{}]}}""")
        .Select(json => JsonNode.Parse(json)!.AsObject());

    public static Gen<JsonObject> Schema { get; } = Gen.Elements(
        """{"type":"object","properties":{}}""", """{"type":"object","properties":{"at":{"type":"string"}},"required":["at"]}""")
        .Select(json => JsonNode.Parse(json)!.AsObject());

    public static Gen<JsonObject> Image { get; } = Gen.Elements(
        """{"type":"url","url":"https://example.com/a.png"}""", """{"type":"base64","media_type":"image/png","data":"aGk+/w=="}""")
        .Select(json => new JsonObject { ["type"] = "image", ["source"] = JsonNode.Parse(json) });

    /// <summary>A request of Anthropic's in the shape that ours are written in.</summary>
    public static Gen<JsonObject> MessagesRequest { get; } =
        from turns in Gen.Choose(1, 4).SelectMany(count => Turn.ArrayOf(count))
        from system in Maybe(Text.Select(text => (JsonNode)text))
        from settings in Settings
        select Request(turns, system, settings);

    /// <summary>The same, said in other words that mean the same.</summary>
    public static JsonObject Disguised(JsonObject request)
    {
        var other = request.DeepClone().AsObject();
        foreach (var message in other["messages"]!.AsArray())
        {
            var content = message!["content"]!.AsArray();
            if (content.Count == 1 && (string?)content[0]!["type"] == "text") { message["content"] = (string?)content[0]!["text"]; }
            foreach (var block in content) { block!["cache_control"] = new JsonObject { ["type"] = "ephemeral" }; }
        }
        if (other["system"] is { } system)
        {
            other["system"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = system.DeepClone() });
        }
        return other;
    }

    /// <summary>An answer: what was thought and said, in pieces, and what tools it calls.</summary>
    public static Gen<MadeAnswer> Answer { get; } =
        from thought in Gen.Frequency((1, Text), (1, Gen.Constant("")))
        from text in Gen.Frequency((3, Text), (1, Gen.Constant("")))
        from calls in Gen.Choose(0, 3).SelectMany(count => Input.ArrayOf(count))
        from finish in Gen.Elements("stop", "length", "content_filter", "tool_calls")
        from usage in Gen.Choose(0, 500).ArrayOf(4)
        from cuts in Gen.Choose(1, 5).ArrayOf(8)
        select new MadeAnswer(thought, text, [.. calls.Select(call => call.ToJsonString())], finish, usage, cuts);

    private static Gen<(JsonObject[] Assistant, JsonObject[] User)> Turn { get; } =
        from calls in Gen.Choose(0, 3).SelectMany(count => Input.ArrayOf(count))
        from said in Text
        from silent in Gen.Elements(true, false)
        from results in Text.ArrayOf(3)
        from failed in Gen.Elements(true, false).ArrayOf(3)
        from blocks in Gen.Choose(1, 3).SelectMany(count => Gen.OneOf(Text.Select(Block), Image).ArrayOf(count))
        from quiet in Gen.Elements(true, false)
        select (
            (JsonObject[])[
                .. silent && calls.Length > 0 ? [] : (JsonObject[])[Block(said)],
                .. calls.Select((input, at) => new JsonObject
                    { ["type"] = "tool_use", ["id"] = $"call_{at}", ["name"] = "look", ["input"] = input.DeepClone() })],
            (JsonObject[])[
                .. calls.Select((_, at) => Result(at, results[at], failed[at])),
                .. quiet && calls.Length > 0 ? [] : blocks]);

    private static Gen<JsonObject> Settings { get; } =
        from tokens in Gen.Choose(1, 100_000)
        from temperature in Maybe(Gen.Elements("0", "0.7", "1").Select(text => JsonNode.Parse(text)!))
        from top in Maybe(Gen.Elements("0.1", "0.95").Select(text => JsonNode.Parse(text)!))
        from topK in Maybe(Gen.Choose(1, 50).Select(number => (JsonNode)number))
        from stop in Maybe(Text.Select(text => (JsonNode)new JsonArray(text, "END")))
        from user in Maybe(Text.Select(text => (JsonNode)new JsonObject { ["user_id"] = text }))
        from stream in Maybe(Gen.Elements(true, false).Select(flag => (JsonNode)flag))
        from schema in Schema
        from choice in Maybe(Gen.Elements(
            """{"type":"auto"}""", """{"type":"any"}""", """{"type":"none"}""", """{"type":"tool","name":"look"}""",
            """{"type":"auto","disable_parallel_tool_use":true}""").Select(text => JsonNode.Parse(text)!))
        from format in Maybe(Schema.Select(asked => (JsonNode)new JsonObject
        { ["format"] = new JsonObject { ["type"] = "json_schema", ["schema"] = asked.DeepClone() } }))
        select With(new() { ["max_tokens"] = tokens },
            ("temperature", temperature), ("top_p", top), ("top_k", topK), ("stop_sequences", stop), ("metadata", user),
            ("stream", stream), ("tool_choice", choice), ("output_config", format), ("tools", new JsonArray(
                new JsonObject { ["name"] = "look", ["description"] = "Looks \"well\".", ["input_schema"] = schema.DeepClone() })));

    private static JsonObject Request((JsonObject[] Assistant, JsonObject[] User)[] turns, JsonNode? system, JsonObject settings)
    {
        var messages = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = new JsonArray(Block("Hi")) });
        foreach (var (assistant, user) in turns)
        {
            messages.Add(new JsonObject { ["role"] = "assistant", ["content"] = List(assistant) });
            messages.Add(new JsonObject { ["role"] = "user", ["content"] = List(user) });
        }
        var request = settings.DeepClone().AsObject();
        request["model"] = "m";
        request["messages"] = messages;
        return With(request, ("system", system));
    }

    private static JsonObject Block(string text) => new() { ["type"] = "text", ["text"] = text };

    private static JsonObject Result(int at, string text, bool failed) => With(
        new() { ["type"] = "tool_result", ["tool_use_id"] = $"call_{at}", ["content"] = text },
        ("is_error", failed ? true : null));

    private static JsonArray List(IEnumerable<JsonObject> blocks) => [.. blocks.Select(block => block.DeepClone())];

    private static JsonObject With(JsonObject owner, params (string Name, JsonNode? Value)[] more)
    {
        foreach (var (name, value) in more)
        {
            if (value is not null) { owner[name] = value.DeepClone(); }
        }
        return owner;
    }

    private static Gen<JsonNode?> Maybe(Gen<JsonNode> gen) =>
        Gen.Frequency((2, gen.Select(node => (JsonNode?)node)), (1, Gen.Constant<JsonNode?>(null)));
}
