using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// The messages of a chat as Anthropic's turns. Results of tools are a part of the user's turn there, and what the
/// user says after them belongs into the same; texts without a letter are refused there, so they are left out.
/// </summary>
internal sealed class MessagesTurns(Draft draft)
{
    private readonly Utf8JsonWriter _to = draft.To;
    private string _role = "";
    private bool _isOpen;
    private bool _hasSpoken;

    public void Write(JsonElement messages)
    {
        if (!messages.Items().Any()) { draft.Wrong("messages", "has to be a list with at least one message."); }
        SystemPrompt(messages);
        _to.WriteStartArray("messages"u8);
        var afterTool = false;
        var place = -1;
        foreach (var message in messages.Items())
        {
            place++;
            var role = message.Get("role"u8);
            if (role.Is("system"u8) || role.Is("developer"u8)) { continue; }
            var isTool = role.Is("tool"u8);
            if (isTool || role.Is("user"u8))
            {
                Turn("user", joins: afterTool);
                if (isTool) { Result(message, place); }
                else { Content(message.Get("content"u8), $"messages[{place}].content", isTool: false); }
            }
            else if (role.Is("assistant"u8))
            {
                Turn("assistant", joins: false);
                Assistant(message, place);
            }
            else { draft.NotCarried($"messages[{place}].role", "Use system, developer, user, assistant or tool."); }
            afterTool = isTool;
        }
        Close();
        _to.WriteEndArray();
        if (!_hasSpoken) { draft.Wrong("messages", "has to hold something that a user or the assistant says."); }
    }

    // Anthropic knows one system prompt, above all turns.
    private void SystemPrompt(JsonElement messages)
    {
        var texts = new List<JsonElement>();
        var place = -1;
        foreach (var message in messages.Items())
        {
            place++;
            var role = message.Get("role"u8);
            if (!role.Is("system"u8) && !role.Is("developer"u8)) { continue; }
            var content = message.Get("content"u8);
            texts.AddRange(Json.Texts(content).Where(text => !text.IsEmptyText()));
            if (!content.IsText() && content.Items().Any(part => !part.Get("text"u8).IsText()))
            {
                draft.NotCarried($"messages[{place}].content", "A system message holds only text.");
            }
        }
        if (texts.Count == 1) { _to.WriteRaw("system"u8, texts[0]); }
        if (texts.Count < 2) { return; }
        _to.WriteStartArray("system"u8);
        foreach (var text in texts) { Text(text); }
        _to.WriteEndArray();
    }

    private void Assistant(JsonElement message, int place)
    {
        foreach (var detail in message.Get("reasoning_details"u8).Items())
        {
            if (!Thoughts.IsSigned(detail) && !Thoughts.IsSealed(detail)) { continue; }
            Open();
            Thoughts.WriteBlock(_to, detail);
        }
        Content(message.Get("content"u8), $"messages[{place}].content", isTool: false);
        var refusal = message.Get("refusal"u8);
        if (!refusal.Inside().IsEmpty) { OpenText(refusal); }
        var at = -1;
        foreach (var call in message.Get("tool_calls"u8).Items())
        {
            at++;
            var function = call.Get("function"u8);
            if (!function.Get("name"u8).IsText() || !call.Get("id"u8).IsText())
            {
                var where = $"messages[{place}].tool_calls[{at}]";
                draft.NotCarried(where, "Only calls of functions with an id and a name can be.");
            }
            Open();
            _to.WriteStartObject();
            _to.WriteString("type"u8, "tool_use"u8);
            ToolText.WriteId(_to, "id"u8, call.Get("id"u8));
            _to.WriteText("name"u8, function.Get("name"u8));
            _to.WriteAsObject("input"u8, function.Get("arguments"u8));
            _to.WriteEndObject();
        }
        if (!message.Get("function_call"u8).IsMissing())
        {
            draft.NotCarried($"messages[{place}].function_call", "Use tool_calls, which replaced it.");
        }
    }

    private void Result(JsonElement message, int place)
    {
        var content = message.Get("content"u8);
        var failed = content.IsText() && content.Inside().StartsWith(ToolText.FailedMark);
        if (!message.Get("tool_call_id"u8).IsText())
        {
            draft.Wrong($"messages[{place}].tool_call_id", "has to name the call it answers.");
        }
        Open();
        _to.WriteStartObject();
        _to.WriteString("type"u8, "tool_result"u8);
        ToolText.WriteId(_to, "tool_use_id"u8, message.Get("tool_call_id"u8));
        if (failed)
        {
            _to.WriteText("content"u8, new RawText().Add(content.Inside()[ToolText.FailedMark.Length..]));
            _to.WriteBoolean("is_error"u8, true);
        }
        else if (content.IsText()) { _to.WriteRaw("content"u8, content); }
        else if (!content.IsMissing())
        {
            _to.WriteStartArray("content"u8);
            Content(content, $"messages[{place}].content", isTool: true);
            _to.WriteEndArray();
        }
        _to.WriteEndObject();
    }

    private void Content(JsonElement content, string place, bool isTool)
    {
        if (content.IsText() && !content.IsEmptyText()) { OpenText(content); }
        if (!content.IsMissing() && !content.IsText() && !content.IsList())
        {
            draft.Wrong(place, "has to be a text or a list of parts.");
        }
        var at = -1;
        foreach (var part in content.Items())
        {
            at++;
            if (part.Get("text"u8).IsEmptyText()) { continue; }
            if (!isTool) { Open(); }
            Part(part, $"{place}[{at}]");
        }
    }

    private void Part(JsonElement part, string place)
    {
        var type = part.Get("type"u8);
        if (type.Is("text"u8) && part.Get("text"u8).IsText()) { Text(part.Get("text"u8)); }
        else if (type.Is("refusal"u8) && part.Get("refusal"u8).IsText()) { Text(part.Get("refusal"u8)); }
        else if (type.Is("image_url"u8)) { Source("image"u8, part.Get("image_url"u8).Get("url"u8), place); }
        else if (type.Is("file"u8)) { Source("document"u8, part.Get("file"u8).Get("file_data"u8), place); }
        else { draft.NotCarried(place, "Only text, images and files given as data can be."); }
    }

    private void Source(ReadOnlySpan<byte> type, JsonElement address, string place)
    {
        _to.WriteStartObject();
        _to.WriteString("type"u8, type);
        if (!Media.WriteSource(_to, address))
        {
            draft.NotCarried(place, "Give it as an https address or as a data address in base64.");
        }
        _to.WriteEndObject();
    }

    private void OpenText(JsonElement text)
    {
        Open();
        Text(text);
    }

    private void Text(JsonElement text)
    {
        _to.WriteStartObject();
        _to.WriteString("type"u8, "text"u8);
        _to.WriteRaw("text"u8, text);
        _to.WriteEndObject();
    }

    private void Turn(string role, bool joins)
    {
        if (!joins) { Close(); }
        _role = role;
    }

    private void Open()
    {
        _hasSpoken = true;
        if (_isOpen) { return; }
        _isOpen = true;
        _to.WriteStartObject();
        _to.WriteString("role"u8, _role);
        _to.WriteStartArray("content"u8);
    }

    private void Close()
    {
        if (!_isOpen) { return; }
        _isOpen = false;
        _to.WriteEndArray();
        _to.WriteEndObject();
    }
}
