using System.Text.Json;
using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

/// <summary>A request of Anthropic's Messages as a chat.</summary>
internal sealed class ChatFromMessages
{
    private readonly Draft _draft = new();
    private readonly JsonElement _from;
    private readonly Utf8JsonWriter _to;

    private ChatFromMessages(JsonElement from)
    {
        _from = from;
        _to = _draft.To;
    }

    public static Result<byte[]> Request(JsonElement messages) => new ChatFromMessages(messages).Write();

    private Result<byte[]> Write()
    {
        foreach (var name in (ReadOnlySpan<string>)["container", "mcp_servers"])
        {
            var value = _from.Get(name);
            if (value.IsMissing() || (value.IsList() && !value.Items().Any())) { continue; }
            _draft.NotCarried(name, "Leave it out: this provider runs no tools of its own.");
        }
        _draft.Model(_from);
        if (!_from.Get("max_tokens"u8).IsNumber() || _from.Get("max_tokens"u8).Count() < 1)
        {
            _draft.Wrong("max_tokens", "has to be a whole number above zero.");
        }
        _draft.Number(_from, "max_tokens");
        _to.WriteStartArray("messages"u8);
        SystemPrompt();
        new ChatTurns(_draft).Write(_from.Get("messages"u8));
        _to.WriteEndArray();
        _draft.Temperature(_from, max: 2);
        _draft.Number(_from, "top_p");
        _draft.Number(_from, "top_k");
        Stop();
        Tools();
        var user = _from.Get("metadata"u8).Get("user_id"u8);
        if (user.IsText()) { _to.WriteRaw("user"u8, user); }
        if (Efforts.Effort(_from) is { IsEmpty: false } effort) { _to.WriteString("reasoning_effort"u8, effort); }
        Format();
        ChatFields.Stream(_draft, _from);
        return _draft.Finish();
    }

    private void SystemPrompt()
    {
        var system = _from.Get("system"u8);
        if (!system.IsMissing() && !system.IsText() && !system.IsList())
        {
            _draft.Wrong("system", "has to be a text or a list of text blocks.");
        }
        if (Json.Texts(system).Any(text => !text.IsEmptyText())) { ChatFields.System(_to, system); }
    }

    private void Stop()
    {
        var stop = _from.Get("stop_sequences"u8);
        if (!stop.IsMissing() && !stop.IsList()) { _draft.Wrong("stop_sequences", "has to be a list of texts."); }
        if (!stop.Items().Any()) { return; }
        _to.WriteStartArray("stop"u8);
        foreach (var each in stop.Items())
        {
            if (each.IsText()) { _to.WriteRaw(each); }
            else { _draft.Wrong("stop_sequences", "has to be a list of texts."); }
        }
        _to.WriteEndArray();
    }

    private void Tools()
    {
        var tools = _from.Get("tools"u8);
        if (!tools.IsMissing() && !tools.IsList()) { _draft.Wrong("tools", "has to be a list."); }
        var count = 0;
        foreach (var tool in tools.Items())
        {
            if (count == 0) { _to.WriteStartArray("tools"u8); }
            var type = tool.Get("type"u8);
            if ((!type.IsMissing() && !type.Is("custom"u8)) || !tool.Get("name"u8).IsText())
            {
                _draft.NotCarried($"tools[{count}]", "Only tools of your own, with name and input_schema, can be.");
            }
            ChatFields.Function(_to, tool, tool.Get("input_schema"u8));
            count++;
        }
        if (count == 0) { return; }
        _to.WriteEndArray();
        Choice();
    }

    private void Choice()
    {
        var choice = _from.Get("tool_choice"u8);
        var type = choice.Get("type"u8);
        if (choice.IsMissing()) { return; }
        if (type.Is("auto"u8)) { _to.WriteString("tool_choice"u8, "auto"u8); }
        else if (type.Is("any"u8)) { _to.WriteString("tool_choice"u8, "required"u8); }
        else if (type.Is("none"u8)) { _to.WriteString("tool_choice"u8, "none"u8); }
        else if (type.Is("tool"u8) && choice.Get("name"u8).IsText()) { ChatFields.Choose(_to, choice.Get("name"u8)); }
        else { _draft.Wrong("tool_choice", "has to be of type auto, any, none or tool with a name."); }
        if (choice.Get("disable_parallel_tool_use"u8).IsTrue()) { _to.WriteBoolean("parallel_tool_calls"u8, false); }
    }

    private void Format()
    {
        var format = _from.Get("output_config"u8).Get("format"u8);
        if (format.IsMissing()) { return; }
        if (!format.Get("type"u8).Is("json_schema"u8) || !format.Get("schema"u8).IsObject())
        {
            _draft.Wrong("output_config.format", "has to be of type json_schema, with a schema.");
            return;
        }
        _to.WriteStartObject("response_format"u8);
        _to.WriteString("type"u8, "json_schema"u8);
        _to.WriteStartObject("json_schema"u8);
        _to.WriteString("name"u8, "answer"u8);
        _to.WriteBoolean("strict"u8, true);
        _to.WriteRaw("schema"u8, format.Get("schema"u8));
        _to.WriteEndObject();
        _to.WriteEndObject();
    }
}
