using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Reads OpenAI's <c>/v1/responses</c>.</summary>
internal static class ResponsesReader
{
    private const int OutputTokensMin = 16;

    public static Ask Read(JsonElement body)
    {
        OpenAiRules.NeedText(body, "model", "model");
        var ask = new Ask
        {
            Streams = OpenAiRules.Flag(body, "stream"),
            OutputTokensMax = OpenAiRules.Whole(body, "max_output_tokens", OutputTokensMin, int.MaxValue),
            WantsJson = body.Field("text")?.Field("format")?.Text("type") is "json_object" or "json_schema",
        };
        OpenAiRules.Between(body, "temperature", 0, 2);
        OpenAiRules.Between(body, "top_p", 0, 1);
        if (body.Text("previous_response_id") is { } previous)
        {
            throw ModelRefusal.Invalid($"Previous response with id '{previous}' not found.", "previous_response_id",
                "previous_response_not_found");
        }
        if (body.Text("instructions") is { } instructions) { ask.Turns.Add(new("system") { Text = instructions }); }
        ReadTools(body, ask);
        var input = OpenAiRules.Need(body, "input");
        if (input.ValueKind == JsonValueKind.String) { ask.Turns.Add(new("user") { Text = input.GetString()! }); }
        else { ReadItems(input, ask); }
        return ask;
    }

    private static void ReadTools(JsonElement body, Ask ask)
    {
        if (body.Field("tools") is { } tools && tools.ValueKind == JsonValueKind.Array && tools.GetArrayLength() > 0)
        {
            var index = 0;
            foreach (var tool in tools.EnumerateArray())
            {
                if (OpenAiRules.NeedText(tool, "type", $"tools[{index}].type") == "function")
                {
                    ask.Tools.Add(OpenAiRules.NeedText(tool, "name", $"tools[{index}].name"));
                }
                ask.ToolTokens += tool.RawTokens();
                index++;
            }
        }
        OpenAiRules.ReadChoice(body, ask, choice => choice.Text("name"));
    }

    private static void ReadItems(JsonElement input, Ask ask)
    {
        var index = 0;
        List<string> open = [];
        foreach (var item in OpenAiRules.NeedArray(input, "input"))
        {
            var at = $"input[{index}]";
            if (item.ValueKind != JsonValueKind.Object) { throw OpenAiRules.WrongType(at, "an object", item); }
            switch (item.Text("type") ?? "message")
            {
                case "message": ReadMessage(item, at, ask); break;
                case "function_call":
                    var call = new ToolCall(OpenAiRules.NeedText(item, "call_id", $"{at}.call_id"),
                        OpenAiRules.NeedText(item, "name", $"{at}.name"),
                        OpenAiRules.NeedText(item, "arguments", $"{at}.arguments"));
                    if (ask.Turns.Count == 0 || ask.Turns[^1].Role != "assistant") { ask.Turns.Add(new("assistant")); }
                    ask.Turns[^1].Calls.Add(call);
                    open.Add(call.Id);
                    break;
                case "function_call_output":
                    var id = OpenAiRules.NeedText(item, "call_id", $"{at}.call_id");
                    if (!open.Remove(id))
                    {
                        throw ModelRefusal.Invalid($"No tool call found for function call output with call_id {id}.",
                            "input");
                    }
                    var result = new Turn("tool");
                    ReadContent(OpenAiRules.Need(item, "output", $"{at}.output"), $"{at}.output", result);
                    if (ask.Turns[^1].Role != "tool") { ask.Turns.Add(new("tool")); }
                    ask.Turns[^1].Results.Add(new(id, result.Text));
                    break;
                case "reasoning": break;
                case var other:
                    throw ModelRefusal.Invalid($"Invalid value: '{other}'. Supported values are: 'message', "
                        + "'function_call', "
                        + "'function_call_output', and 'reasoning'.", $"{at}.type", "invalid_value");
            }
            index++;
        }
        if (open.Count > 0)
        {
            throw ModelRefusal.Invalid($"No tool output found for function call {open[0]}.", "input");
        }
    }

    private static void ReadMessage(JsonElement item, string at, Ask ask)
    {
        var role = OpenAiRules.NeedText(item, "role", $"{at}.role");
        if (role is not ("system" or "developer" or "user" or "assistant"))
        {
            throw ModelRefusal.Invalid($"Invalid value: '{role}'. Supported values are: 'assistant', 'system', "
                + "'developer', and "
                + "'user'.", $"{at}.role", "invalid_value");
        }
        var turn = new Turn(role == "developer" ? "system" : role);
        ReadContent(OpenAiRules.Need(item, "content", $"{at}.content"), $"{at}.content", turn);
        ask.Turns.Add(turn);
    }

    private static void ReadContent(JsonElement content, string at, Turn turn)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            turn.Text = content.GetString()!;
            return;
        }
        var index = 0;
        foreach (var part in OpenAiRules.NeedArray(content, at))
        {
            var here = $"{at}[{index}]";
            switch (OpenAiRules.NeedText(part, "type", $"{here}.type"))
            {
                case "input_text" or "output_text":
                    turn.Text += OpenAiRules.NeedText(part, "text",
                    $"{here}.text"); break;
                case "refusal": turn.Text += OpenAiRules.NeedText(part, "refusal", $"{here}.refusal"); break;
                case "input_image":
                    if (part.Text("file_id") is null)
                    {
                        ChatReader.NeedImage(OpenAiRules.NeedText(part, "image_url", $"{here}.image_url"), here);
                    }
                    turn.Images++;
                    break;
                case "input_file": turn.Images++; break;
                case var other:
                    throw ModelRefusal.Invalid($"Invalid value: '{other}'. Supported values are: 'input_text', "
                        + "'input_image', "
                        + "'output_text', 'refusal', and 'input_file'.", $"{here}.type", "invalid_value");
            }
            index++;
        }
    }
}
