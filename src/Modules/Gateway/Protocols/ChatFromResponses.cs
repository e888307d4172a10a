using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// A request of OpenAI's Responses as a chat. We keep no answers, so nothing can be continued by its id.
/// </summary>
internal sealed class ChatFromResponses
{
    private const string SendAll = "Send the whole conversation as input: answers are not kept.";
    private const string NoTools = "Only tools of type function can be carried.";
    private static readonly (string Field, string Advice)[] Refused =
    [
        ("previous_response_id", SendAll),
        ("conversation", SendAll),
        ("prompt", "Send the instructions and the input themselves."),
    ];

    private readonly Draft _draft = new();
    private readonly JsonElement _from;
    private readonly Utf8JsonWriter _to;

    private ChatFromResponses(JsonElement from)
    {
        _from = from;
        _to = _draft.To;
    }

    public static Result<byte[]> Request(JsonElement responses) => new ChatFromResponses(responses).Write();

    private Result<byte[]> Write()
    {
        foreach (var (field, advice) in Refused)
        {
            if (!_from.Get(field).IsMissing()) { _draft.NotCarried(field, advice); }
        }
        if (_from.Get("background"u8).IsTrue()) { _draft.NotCarried("background", "Wait for it, or stream it."); }
        if (_from.Get("top_logprobs"u8).Count() > 0) { _draft.NotCarried("top_logprobs", "Leave it out."); }
        _draft.Model(_from);
        _draft.Number(_from, "max_output_tokens", "max_tokens");
        _to.WriteStartArray("messages"u8);
        var instructions = _from.Get("instructions"u8);
        if (instructions.IsText() && !instructions.IsEmptyText()) { Message("system"u8, instructions); }
        else if (!instructions.IsMissing() && !instructions.IsText())
        {
            _draft.Wrong("instructions", "has to be a text.");
        }
        var input = _from.Get("input"u8);
        if (input.IsText()) { Message("user"u8, input); }
        else if (input.Items().Any()) { new ResponsesInput(_draft).Write(input); }
        else { _draft.Wrong("input", "has to be a text or a list with at least one item."); }
        _to.WriteEndArray();
        _draft.Number(_from, "temperature");
        _draft.Number(_from, "top_p");
        Tools();
        if (_from.Get("user"u8) is var user && user.IsText()) { _to.WriteRaw("user"u8, user); }
        var effort = _from.Get("reasoning"u8).Get("effort"u8);
        if (effort.IsText()) { _to.WriteRaw("reasoning_effort"u8, effort); }
        Format();
        ChatFields.Stream(_draft, _from);
        return _draft.Finish();
    }

    private void Message(ReadOnlySpan<byte> role, JsonElement text)
    {
        _to.WriteStartObject();
        _to.WriteString("role"u8, role);
        _to.WriteRaw("content"u8, text);
        _to.WriteEndObject();
    }

    private void Tools()
    {
        var tools = _from.Get("tools"u8);
        if (!tools.IsMissing() && !tools.IsList()) { _draft.Wrong("tools", "has to be a list."); }
        var count = 0;
        foreach (var tool in tools.Items())
        {
            if (count == 0) { _to.WriteStartArray("tools"u8); }
            if (!tool.Get("type"u8).Is("function"u8) || !tool.Get("name"u8).IsText())
            {
                _draft.NotCarried($"tools[{count}]", NoTools);
            }
            ChatFields.Function(_to, tool, tool.Get("parameters"u8));
            count++;
        }
        if (count == 0) { return; }
        _to.WriteEndArray();
        var choice = _from.Get("tool_choice"u8);
        if (choice.IsText()) { _to.WriteRaw("tool_choice"u8, choice); }
        else if (choice.Get("type"u8).Is("function"u8) && choice.Get("name"u8).IsText())
        {
            ChatFields.Choose(_to, choice.Get("name"u8));
        }
        else if (!choice.IsMissing())
        {
            _draft.NotCarried("tool_choice", "Use auto, none, required or the name of a function.");
        }
        _draft.Flag(_from, "parallel_tool_calls");
    }

    private void Format()
    {
        var format = _from.Get("text"u8).Get("format"u8);
        var type = format.Get("type"u8);
        if (format.IsMissing() || type.Is("text"u8)) { return; }
        _to.WriteStartObject("response_format"u8);
        _to.WriteText("type"u8, type);
        if (type.Is("json_schema"u8))
        {
            _to.WriteStartObject("json_schema"u8);
            foreach (var name in (ReadOnlySpan<string>)["name", "description", "schema", "strict"])
            {
                var value = format.Get(name);
                if (value.IsMissing()) { continue; }
                _to.WritePropertyName(name);
                _to.WriteRaw(value);
            }
            _to.WriteEndObject();
        }
        else if (!type.Is("json_object"u8))
        {
            _draft.Wrong("text.format", "has to be of type text, json_schema or json_object.");
        }
        _to.WriteEndObject();
    }
}
