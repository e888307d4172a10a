using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>The items of a Responses input as a chat's messages: calls belong to the message before them.</summary>
internal sealed class ResponsesInput(Draft draft)
{
    private const string Items = "Only messages, function calls and their outputs can be.";
    private readonly Utf8JsonWriter _to = draft.To;
    private readonly List<JsonElement> _calls = [];
    private JsonElement _assistant;

    public void Write(JsonElement input)
    {
        var at = -1;
        foreach (var item in input.Items())
        {
            at++;
            var place = $"input[{at}]";
            var type = item.Get("type"u8);
            if (type.Is("function_call"u8)) { Call(item, place); }
            else if (type.Is("function_call_output"u8)) { Output(item, place); }
            else if (type.Is("message"u8) || (type.IsMissing() && item.Get("role"u8).IsText()))
            {
                Message(item, place);
            }
            // Sealed thoughts are only for the provider that sealed them.
            else if (!type.Is("reasoning"u8)) { draft.NotCarried(place, Items); }
        }
        Flush();
    }

    private void Call(JsonElement item, string place)
    {
        if (!item.Get("call_id"u8).IsText() || !item.Get("name"u8).IsText() || !item.Get("arguments"u8).IsText())
        {
            draft.Wrong(place, "has to have a call_id, a name and arguments.");
        }
        _calls.Add(item);
    }

    private void Output(JsonElement item, string place)
    {
        Flush();
        var output = item.Get("output"u8);
        if (!item.Get("call_id"u8).IsText()) { draft.Wrong($"{place}.call_id", "has to name the call it answers."); }
        _to.WriteStartObject();
        _to.WriteString("role"u8, "tool"u8);
        _to.WriteText("tool_call_id"u8, item.Get("call_id"u8));
        if (output.IsText()) { _to.WriteRaw("content"u8, output); }
        else { Parts(output, $"{place}.output"); }
        _to.WriteEndObject();
    }

    private void Message(JsonElement item, string place)
    {
        Flush();
        var role = item.Get("role"u8);
        var content = item.Get("content"u8);
        if (role.Is("assistant"u8))
        {
            _assistant = item;
            foreach (var part in content.Items())
            {
                if (part.Get("text"u8).IsText() || part.Get("refusal"u8).IsText()) { continue; }
                draft.NotCarried($"{place}.content", "An assistant's message holds only text.");
            }
            return;
        }
        if (!role.Is("user"u8) && !role.Is("system"u8) && !role.Is("developer"u8))
        {
            draft.Wrong($"{place}.role", "has to be user, assistant, system or developer.");
        }
        _to.WriteStartObject();
        _to.WriteString("role"u8, role.Is("user"u8) ? "user"u8 : "system"u8);
        if (content.IsText()) { _to.WriteRaw("content"u8, content); }
        else { Parts(content, $"{place}.content"); }
        _to.WriteEndObject();
    }

    private void Parts(JsonElement content, string place)
    {
        if (!content.IsList()) { draft.Wrong(place, "has to be a text or a list of parts."); }
        var count = content.Items().Count();
        if (count == 1 && content[0].Get("text"u8) is var only && only.IsText())
        {
            _to.WriteRaw("content"u8, only);
            return;
        }
        _to.WriteStartArray("content"u8);
        var at = -1;
        foreach (var part in content.Items())
        {
            at++;
            Part(part, $"{place}[{at}]");
        }
        _to.WriteEndArray();
    }

    private void Part(JsonElement part, string place)
    {
        var type = part.Get("type"u8);
        if (part.Get("text"u8).IsText()) { ChatFields.Text(_to, part.Get("text"u8)); }
        else if (type.Is("input_image"u8) && part.Get("image_url"u8).IsText())
        {
            _to.WriteStartObject();
            _to.WriteString("type"u8, "image_url"u8);
            _to.WriteStartObject("image_url"u8);
            _to.WriteRaw("url"u8, part.Get("image_url"u8));
            if (part.Get("detail"u8) is var detail && detail.IsText()) { _to.WriteRaw("detail"u8, detail); }
            _to.WriteEndObject();
            _to.WriteEndObject();
        }
        else if (type.Is("input_file"u8) && part.Get("file_data"u8).IsText())
        {
            _to.WriteStartObject();
            _to.WriteString("type"u8, "file"u8);
            _to.WriteStartObject("file"u8);
            if (part.Get("filename"u8) is var name && name.IsText()) { _to.WriteRaw("filename"u8, name); }
            _to.WriteRaw("file_data"u8, part.Get("file_data"u8));
            _to.WriteEndObject();
            _to.WriteEndObject();
        }
        else { draft.NotCarried(place, "Only text, images by address or as data, and files as data can be."); }
    }

    private void Flush()
    {
        if (_assistant.IsMissing() && _calls.Count == 0) { return; }
        var content = _assistant.Get("content"u8);
        var text = new RawText().Add(content.Inside());
        foreach (var part in content.Items())
        {
            text.Add(part.Get("text"u8) is var said && said.IsText() ? said.Inside() : part.Get("refusal"u8).Inside());
        }
        _to.WriteStartObject();
        _to.WriteString("role"u8, "assistant"u8);
        if (text.IsEmpty && _calls.Count > 0) { _to.WriteNull("content"u8); }
        else { _to.WriteText("content"u8, text); }
        if (_calls.Count > 0)
        {
            _to.WriteStartArray("tool_calls"u8);
            foreach (var call in _calls)
            {
                ChatFields.Call(_to, call.Get("call_id"u8), call.Get("name"u8));
                _to.WriteText("arguments"u8, call.Get("arguments"u8));
                _to.WriteEndObject();
                _to.WriteEndObject();
            }
            _to.WriteEndArray();
        }
        _to.WriteEndObject();
        _assistant = default;
        _calls.Clear();
    }
}
