using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>A chat request as Anthropic's Messages.</summary>
internal sealed class MessagesFromChat
{
    private const int MaxTokens = 4096;
    private readonly Draft _draft = new();
    private readonly JsonElement _chat;
    private readonly Utf8JsonWriter _to;

    private MessagesFromChat(JsonElement chat)
    {
        _chat = chat;
        _to = _draft.To;
    }

    public static Result<byte[]> Request(JsonElement chat) => new MessagesFromChat(chat).Write();

    private Result<byte[]> Write()
    {
        RefuseWhatNobodyAnswers();
        _draft.Model(_chat);
        var tokens = Limit();
        _to.WriteNumber("max_tokens"u8, tokens);
        new MessagesTurns(_draft).Write(_chat.Get("messages"u8));
        var forced = Tools();
        var thinks = !forced && Thinking(tokens);
        // A model that thinks takes no other temperature than its own.
        if (!thinks)
        {
            _draft.Temperature(_chat, max: 1);
            _draft.Number(_chat, "top_p");
            _draft.Number(_chat, "top_k");
        }
        Stop();
        _draft.Flag(_chat, "stream");
        if (_chat.Get("user"u8) is var user && user.IsText())
        {
            _to.WriteStartObject("metadata"u8);
            _to.WriteRaw("user_id"u8, user);
            _to.WriteEndObject();
        }
        Format();
        return _draft.Finish();
    }

    private void RefuseWhatNobodyAnswers()
    {
        if (_chat.Get("n"u8) is var n && !n.IsMissing() && !(n.IsNumber() && n.Count() == 1))
        {
            _draft.NotCarried("n", "It gives one answer at a time: leave n out and ask several times.");
        }
        if (_chat.Get("logprobs"u8).IsTrue())
        {
            _draft.NotCarried("logprobs", "It tells no probabilities: leave logprobs out.");
        }
        if (!_chat.Get("audio"u8).IsMissing())
        {
            _draft.NotCarried("audio", "It answers in text: leave audio out.");
        }
        if (!_chat.Get("web_search_options"u8).IsMissing())
        {
            _draft.NotCarried("web_search_options", "Give the model a search tool of your own.");
        }
        if (!_chat.Get("functions"u8).IsMissing() || !_chat.Get("function_call"u8).IsMissing())
        {
            _draft.NotCarried("functions", "Use tools and tool_choice, which replaced them.");
        }
    }

    private long Limit()
    {
        foreach (var name in (ReadOnlySpan<string>)["max_completion_tokens", "max_tokens"])
        {
            var limit = _chat.Get(name);
            if (limit.IsMissing()) { continue; }
            if (!limit.IsNumber() || limit.Count() < 1) { _draft.Wrong(name, "has to be a whole number above zero."); }
            return Math.Max(1, limit.Count());
        }
        return MaxTokens;
    }

    private void Stop()
    {
        var stop = _chat.Get("stop"u8);
        if (stop.IsMissing()) { return; }
        _to.WriteStartArray("stop_sequences"u8);
        if (stop.IsText()) { _to.WriteRaw(stop); }
        else if (!stop.IsList()) { _draft.Wrong("stop", "has to be a text or a list of texts."); }
        foreach (var each in stop.Items())
        {
            if (each.IsText()) { _to.WriteRaw(each); }
            else { _draft.Wrong("stop", "has to be a text or a list of texts."); }
        }
        _to.WriteEndArray();
    }

    /// <returns>Whether the model is made to call a tool.</returns>
    private bool Tools()
    {
        var tools = _chat.Get("tools"u8);
        if (!tools.IsMissing() && !tools.IsList()) { _draft.Wrong("tools", "has to be a list."); }
        var count = 0;
        foreach (var tool in tools.Items())
        {
            if (count == 0) { _to.WriteStartArray("tools"u8); }
            var function = tool.Get("function"u8);
            if (!tool.Get("type"u8).Is("function"u8) || !function.Get("name"u8).IsText())
            {
                _draft.NotCarried($"tools[{count}]", "Only tools of type function with a name can be carried.");
            }
            _to.WriteStartObject();
            _to.WriteText("name"u8, function.Get("name"u8));
            if (function.Get("description"u8) is var description && description.IsText())
            {
                _to.WriteRaw("description"u8, description);
            }
            _to.WritePropertyName("input_schema"u8);
            if (function.Get("parameters"u8) is var schema && schema.IsObject() && schema.EnumerateObject().Any())
            {
                _to.WriteRaw(schema);
            }
            else { _to.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true); }
            _to.WriteEndObject();
            count++;
        }
        if (count == 0) { return false; }
        _to.WriteEndArray();
        return Choice();
    }

    private bool Choice()
    {
        var choice = _chat.Get("tool_choice"u8);
        var oneAtATime = _chat.Get("parallel_tool_calls"u8).ValueKind == JsonValueKind.False;
        if (choice.IsMissing() && !oneAtATime) { return false; }
        _to.WriteStartObject("tool_choice"u8);
        var name = choice.Get("function"u8).Get("name"u8);
        var type = choice switch
        {
            _ when choice.IsMissing() || choice.Is("auto"u8) => "auto",
            _ when choice.Is("none"u8) => "none",
            _ when choice.Is("required"u8) => "any",
            _ when name.IsText() => "tool",
            _ => "",
        };
        if (type.Length == 0)
        {
            _draft.NotCarried("tool_choice", "Use auto, none, required or the name of a function.");
        }
        _to.WriteString("type"u8, type);
        if (type == "tool") { _to.WriteRaw("name"u8, name); }
        if (oneAtATime && type != "none") { _to.WriteBoolean("disable_parallel_tool_use"u8, true); }
        _to.WriteEndObject();
        return type is "any" or "tool";
    }

    private bool Thinking(long tokens)
    {
        var effort = _chat.Get("reasoning_effort"u8);
        if (Efforts.Budget(effort, tokens) is not { } budget || CallsWithoutThoughts()) { return false; }
        _to.WriteStartObject("thinking"u8);
        _to.WriteString("type"u8, "enabled"u8);
        _to.WriteNumber("budget_tokens"u8, budget);
        _to.WriteEndObject();
        return true;
    }

    // Anthropic refuses to think on after a tool when the signed thoughts before the call are not sent along.
    private bool CallsWithoutThoughts()
    {
        JsonElement last = default;
        foreach (var message in _chat.Get("messages"u8).Items())
        {
            if (message.Get("role"u8).Is("assistant"u8)) { last = message; }
        }
        return last.Get("tool_calls"u8).Items().Any() && !Thoughts.AnySigned(last);
    }

    private void Format()
    {
        var format = _chat.Get("response_format"u8);
        if (format.IsMissing() || format.Get("type"u8).Is("text"u8)) { return; }
        var schema = format.Get("json_schema"u8).Get("schema"u8);
        if (!format.Get("type"u8).Is("json_schema"u8) || !schema.IsObject())
        {
            _draft.NotCarried("response_format", "Use type json_schema with a schema, or ask for JSON in the prompt.");
            return;
        }
        _to.WriteStartObject("output_config"u8);
        _to.WriteStartObject("format"u8);
        _to.WriteString("type"u8, "json_schema"u8);
        _to.WriteRaw("schema"u8, schema);
        _to.WriteEndObject();
        _to.WriteEndObject();
    }
}
