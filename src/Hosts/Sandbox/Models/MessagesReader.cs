using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Reads Anthropic's <c>/v1/messages</c>.</summary>
internal static class MessagesReader
{
    public static Ask Read(JsonElement body, bool countsOnly)
    {
        NeedText(body, "model", "model");
        var ask = new Ask { IsAnswered = !countsOnly, IsFree = countsOnly };
        if (!countsOnly)
        {
            ask.OutputTokensMax = Need(body, "max_tokens", "max_tokens") is { ValueKind: JsonValueKind.Number } max
                && max.TryGetInt64(out var most) ? most : throw Invalid("max_tokens: Input should be a valid integer");
            if (ask.OutputTokensMax < 1) { throw Invalid("max_tokens: Input should be greater than or equal to 1"); }
            ask.Streams = body.Field("stream") switch
            {
                null or { ValueKind: JsonValueKind.False } => false,
                { ValueKind: JsonValueKind.True } => true,
                _ => throw Invalid("stream: Input should be a valid boolean"),
            };
        }
        if (body.Field("temperature") is { } heat
            && (heat.ValueKind != JsonValueKind.Number || heat.GetDouble() is < 0 or > 1))
        {
            throw Invalid("temperature: Input should be less than or equal to 1");
        }
        if (body.Field("stop_sequences") is { ValueKind: JsonValueKind.Array } stops)
        {
            ask.Stops = [.. stops.EnumerateArray().Select(stop => stop.GetString() ?? "")];
        }
        if (body.Field("system") is { } system)
        {
            var turn = new Turn("system");
            ReadContent(system, "system", turn);
            ask.Turns.Add(turn);
        }
        ReadTools(body, ask);
        ReadMessages(Need(body, "messages", "messages"), ask);
        return ask;
    }

    private static void ReadTools(JsonElement body, Ask ask)
    {
        if (body.Field("tools") is { ValueKind: JsonValueKind.Array } tools)
        {
            var index = 0;
            foreach (var tool in tools.EnumerateArray())
            {
                ask.Tools.Add(NeedText(tool, "name", $"tools.{index}.custom.name"));
                Need(tool, "input_schema", $"tools.{index}.custom.input_schema");
                ask.ToolTokens += tool.RawTokens();
                index++;
            }
        }
        if (body.Field("tool_choice") is not { } choice) { return; }
        if (ask.Tools.Count == 0) { throw Invalid("tool_choice may only be specified while providing tools."); }
        ask.Calling = choice.Text("type") switch
        {
            "auto" => Calling.Free,
            "none" => Calling.Forbidden,
            "any" or "tool" => Calling.Wanted,
            _ => throw Invalid("tool_choice: Input tag found using 'type' does not match any of the expected tags: "
                + "'auto', 'any', "
                + "'tool', 'none'"),
        };
        ask.CalledTool = choice.Text("name");
        if (ask.CalledTool is { } name && !ask.Tools.Contains(name))
        {
            throw Invalid($"Tool '{name}' not found in provided tools");
        }
    }

    private static void ReadMessages(JsonElement messages, Ask ask)
    {
        if (messages.ValueKind != JsonValueKind.Array) { throw Invalid("messages: Input should be a valid array"); }
        if (messages.GetArrayLength() == 0) { throw Invalid("messages: at least one message is required"); }
        var index = 0;
        List<ToolCall> open = [];
        foreach (var message in messages.EnumerateArray())
        {
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw Invalid($"messages.{index}: Input should be a valid dictionary");
            }
            var role = NeedText(message, "role", $"messages.{index}.role");
            if (role is not ("user" or "assistant"))
            {
                throw Invalid($"messages: Unexpected role \"{role}\". The Messages API accepts a top-level `system` "
                    + "parameter, "
                    + "not \"system\" as an input message role.");
            }
            if (index == 0 && role != "user") { throw Invalid("messages: first message must use the \"user\" role"); }
            var turn = new Turn(role);
            ReadContent(Need(message, "content", $"messages.{index}.content"), $"messages.{index}.content", turn);
            if (turn.Text.Length == 0 && turn.Images == 0 && turn.Calls.Count == 0 && turn.Results.Count == 0
                && index < messages.GetArrayLength() - 1)
            {
                throw Invalid($"messages.{index}: all messages must have non-empty content except for the optional "
                    + "final assistant "
                    + "message");
            }
            foreach (var result in turn.Results)
            {
                if (open.RemoveAll(call => call.Id == result.CallId) == 0)
                {
                    throw Invalid($"messages.{index}.content: unexpected `tool_use_id` found in `tool_result` blocks: "
                        + $"{result.CallId}. Each `tool_result` block must have a corresponding `tool_use` block in "
                        + "the previous message.");
                }
            }
            RefuseOpen(open, index - 1);
            open.AddRange(turn.Calls);
            ask.Turns.Add(turn);
            index++;
        }
        RefuseOpen(open, index - 1);
    }

    private static void RefuseOpen(List<ToolCall> open, int index)
    {
        if (open.Count == 0) { return; }
        throw Invalid($"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
            + $"{string.Join(", ", open.Select(call => call.Id))}. Each `tool_use` block must have a corresponding "
            + "`tool_result` block "
            + "in the next message.");
    }

    private static void ReadContent(JsonElement content, string at, Turn turn)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            turn.Text = content.GetString()!;
            return;
        }
        if (content.ValueKind != JsonValueKind.Array)
        {
            throw Invalid($"{at}: Input should be a valid string or array");
        }
        var index = 0;
        foreach (var block in content.EnumerateArray())
        {
            var here = $"{at}.{index}";
            switch (NeedText(block, "type", $"{here}.type"))
            {
                case "text":
                    var text = NeedText(block, "text", $"{here}.text.text");
                    if (text.Length == 0) { throw Invalid("messages: text content blocks must be non-empty"); }
                    turn.Text += text;
                    break;
                case "image" or "document":
                    NeedSource(Need(block, "source", $"{here}.image.source"), here);
                    turn.Images++;
                    break;
                case "tool_use":
                    var input = Need(block, "input", $"{here}.tool_use.input");
                    if (input.ValueKind != JsonValueKind.Object)
                    {
                        throw Invalid($"{here}.tool_use.input: Input should be a valid dictionary");
                    }
                    turn.Calls.Add(new(NeedText(block, "id", $"{here}.tool_use.id"),
                        NeedText(block, "name", $"{here}.tool_use.name"),
                        input.GetRawText()));
                    break;
                case "tool_result":
                    var inner = new Turn("tool");
                    if (block.Field("content") is { } said) { ReadContent(said, $"{here}.tool_result.content", inner); }
                    turn.Images += inner.Images;
                    turn.Results.Add(new(NeedText(block, "tool_use_id", $"{here}.tool_result.tool_use_id"),
                        inner.Text));
                    break;
                case "thinking" or "redacted_thinking": break;
                case var other:
                    throw Invalid($"{here}: Input tag '{other}' found using 'type' does not match any of the expected "
                        + "tags: 'document', "
                        + "'image', 'redacted_thinking', 'text', 'thinking', 'tool_result', 'tool_use'");
            }
            index++;
        }
    }

    private static void NeedSource(JsonElement source, string at)
    {
        switch (NeedText(source, "type", $"{at}.image.source.type"))
        {
            case "base64":
                NeedText(source, "media_type", $"{at}.image.source.base64.media_type");
                if (!System.Buffers.Text.Base64.IsValid(NeedText(source, "data", $"{at}.image.source.base64.data")))
                {
                    throw Invalid($"{at}.image.source.base64: The image data is not valid base64");
                }
                break;
            case "url": NeedText(source, "url", $"{at}.image.source.url.url"); break;
            case "text": break;
            default:
                throw Invalid($"{at}.image.source: Input tag does not match any of the expected tags: 'base64', "
                + "'url'");
        }
    }

    private static JsonElement Need(JsonElement thing, string name, string at) =>
        thing.Field(name) ?? throw Invalid($"{at}: Field required");

    private static string NeedText(JsonElement thing, string name, string at) =>
        Need(thing, name, at) is { ValueKind: JsonValueKind.String } value
            ? value.GetString()! : throw Invalid($"{at}: Input should be a valid string");

    private static ModelRefusal Invalid(string message) => ModelRefusal.Invalid(message);
}
