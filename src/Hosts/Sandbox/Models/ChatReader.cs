using System.Text.Json;

namespace Wopr.Sandbox.Models;

/// <summary>Reads OpenAI's <c>/v1/chat/completions</c>.</summary>
internal static class ChatReader
{
    private const int ChoicesMax = 128;

    public static Ask Read(JsonElement body)
    {
        OpenAiRules.NeedText(body, "model", "model");
        var ask = new Ask
        {
            Streams = OpenAiRules.Flag(body, "stream"),
            Choices = (int)(OpenAiRules.Whole(body, "n", 1, ChoicesMax) ?? 1),
            Stops = OpenAiRules.Stops(body),
            OutputTokensMax = OpenAiRules.Whole(body, "max_completion_tokens", 1, int.MaxValue)
                ?? OpenAiRules.Whole(body, "max_tokens", 1, int.MaxValue),
            WantsJson = body.Field("response_format")?.Text("type") is "json_object" or "json_schema",
        };
        OpenAiRules.Between(body, "temperature", 0, 2);
        OpenAiRules.Between(body, "top_p", 0, 1);
        OpenAiRules.Between(body, "presence_penalty", -2, 2);
        OpenAiRules.Between(body, "frequency_penalty", -2, 2);
        if (body.Field("stream_options") is { } options)
        {
            if (!ask.Streams)
            {
                throw ModelRefusal.Invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.",
                    "stream_options");
            }
            ask.WantsUsage = options.Flag("include_usage");
        }
        else { ask.WantsUsage = !ask.Streams; }
        ReadTools(body, ask);
        ReadMessages(OpenAiRules.Need(body, "messages"), ask);
        return ask;
    }

    private static void ReadTools(JsonElement body, Ask ask)
    {
        if (body.Field("tools") is { } tools)
        {
            var index = 0;
            foreach (var tool in OpenAiRules.NeedArray(tools, "tools"))
            {
                var function = OpenAiRules.Need(tool, "function", $"tools[{index}].function");
                ask.Tools.Add(OpenAiRules.NeedText(function, "name", $"tools[{index}].function.name"));
                ask.ToolTokens += tool.RawTokens();
                index++;
            }
        }
        OpenAiRules.ReadChoice(body, ask, choice => choice.Field("function")?.Text("name"));
    }

    private static void ReadMessages(JsonElement messages, Ask ask)
    {
        var index = 0;
        // The calls of the last assistant that have no result yet.
        List<string> open = [];
        foreach (var message in OpenAiRules.NeedArray(messages, "messages"))
        {
            var at = $"messages[{index}]";
            if (message.ValueKind != JsonValueKind.Object) { throw OpenAiRules.WrongType(at, "an object", message); }
            var role = OpenAiRules.NeedText(message, "role", $"{at}.role");
            if (role is not ("system" or "developer" or "user" or "assistant" or "tool" or "function"))
            {
                throw ModelRefusal.Invalid($"Invalid value: '{role}'. Supported values are: 'system', 'assistant', "
                    + "'user', 'function', "
                    + "'tool', and 'developer'.", $"{at}.role", "invalid_value");
            }
            if (role == "tool") { ReadResult(message, at, ask, open); }
            else
            {
                RefuseOpen(open, at);
                var turn = new Turn(role == "developer" ? "system" : role);
                ReadCalls(message, at, turn);
                ReadContent(message, at, turn);
                ask.Turns.Add(turn);
                open.AddRange(turn.Calls.Select(call => call.Id));
            }
            index++;
        }
        RefuseOpen(open, $"messages[{index - 1}]");
    }

    private static void RefuseOpen(List<string> open, string at)
    {
        if (open.Count == 0) { return; }
        throw ModelRefusal.Invalid("An assistant message with 'tool_calls' must be followed by tool messages "
            + "responding to each "
            + $"'tool_call_id'. The following tool_call_ids did not have response messages: {string.Join(", ", open)}",
            $"{at}.role");
    }

    private static void ReadResult(JsonElement message, string at, Ask ask, List<string> open)
    {
        var id = OpenAiRules.NeedText(message, "tool_call_id", $"{at}.tool_call_id");
        if (!open.Remove(id))
        {
            throw ModelRefusal.Invalid("Invalid parameter: messages with role 'tool' must be a response to a "
                + "preceeding message with "
                + "'tool_calls'.", $"{at}.role");
        }
        var turn = new Turn("tool");
        ReadContent(message, at, turn);
        // The results of one answer's calls belong together.
        if (ask.Turns[^1].Role != "tool") { ask.Turns.Add(new("tool")); }
        ask.Turns[^1].Results.Add(new(id, turn.Text));
    }

    private static void ReadCalls(JsonElement message, string at, Turn turn)
    {
        if (message.Field("tool_calls") is not { } calls) { return; }
        var index = 0;
        foreach (var call in OpenAiRules.NeedArray(calls, $"{at}.tool_calls"))
        {
            var here = $"{at}.tool_calls[{index}]";
            var function = OpenAiRules.Need(call, "function", $"{here}.function");
            turn.Calls.Add(new(
                OpenAiRules.NeedText(call, "id", $"{here}.id"),
                OpenAiRules.NeedText(function, "name", $"{here}.function.name"),
                OpenAiRules.NeedText(function, "arguments", $"{here}.function.arguments")));
            index++;
        }
    }

    private static void ReadContent(JsonElement message, string at, Turn turn)
    {
        if (message.Field("content") is not { } content)
        {
            if (turn.Role == "assistant" && turn.Calls.Count > 0) { return; }
            throw ModelRefusal.Invalid($"Invalid value for 'content': expected a string, got null.", $"{at}.content");
        }
        if (content.ValueKind == JsonValueKind.String)
        {
            turn.Text = content.GetString()!;
            return;
        }
        if (content.ValueKind != JsonValueKind.Array)
        {
            throw ModelRefusal.Invalid($"Invalid type for '{at}.content': expected one of a string or array of "
                + "objects, but got "
                + $"{content.Kind()} instead.", $"{at}.content", "invalid_type");
        }
        var index = 0;
        foreach (var part in content.EnumerateArray())
        {
            var here = $"{at}.content[{index}]";
            switch (OpenAiRules.NeedText(part, "type", $"{here}.type"))
            {
                case "text": turn.Text += OpenAiRules.NeedText(part, "text", $"{here}.text"); break;
                case "refusal": turn.Text += OpenAiRules.NeedText(part, "refusal", $"{here}.refusal"); break;
                case "image_url":
                    var image = OpenAiRules.Need(part, "image_url", $"{here}.image_url");
                    NeedImage(OpenAiRules.NeedText(image, "url", $"{here}.image_url.url"), here);
                    turn.Images++;
                    break;
                case "input_audio" or "file": turn.Images++; break;
                case var other:
                    throw ModelRefusal.Invalid($"Invalid value: '{other}'. Supported values are: 'text', 'image_url', "
                        + "'input_audio', "
                        + "'refusal', and 'file'.", $"{here}.type", "invalid_value");
            }
            index++;
        }
    }

    internal static void NeedImage(string url, string at)
    {
        if (url.StartsWith("http://", StringComparison.Ordinal) || url.StartsWith("https://", StringComparison.Ordinal))
        {
            return;
        }
        if (url.StartsWith("data:image/", StringComparison.Ordinal)
            && url.Contains(";base64,", StringComparison.Ordinal))
        {
            return;
        }
        throw ModelRefusal.Invalid("Invalid 'image_url'. Expected a valid URL or a base64-encoded data URL.", at,
            "invalid_image_url");
    }
}
