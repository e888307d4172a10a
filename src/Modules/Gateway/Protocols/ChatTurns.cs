using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// Anthropic's turns as the messages of a chat. A user's turn may answer several calls and speak as well: each result
/// becomes a message of its own, first, since they have to follow the call; what is left becomes one message.
/// </summary>
internal sealed class ChatTurns(Draft draft)
{
    private const string Parts =
        "Only text, images, documents given as data, and the calls and results of tools can be.";

    private readonly Utf8JsonWriter _to = draft.To;

    public void Write(JsonElement messages)
    {
        if (!messages.Items().Any()) { draft.Wrong("messages", "has to be a list with at least one message."); }
        var place = -1;
        foreach (var message in messages.Items())
        {
            place++;
            var role = message.Get("role"u8);
            var content = message.Get("content"u8);
            if (!content.IsText() && !content.IsList())
            {
                draft.Wrong($"messages[{place}].content", "has to be a text or a list of blocks.");
            }
            if (role.Is("assistant"u8)) { Assistant(content, place); }
            else if (role.Is("user"u8)) { User(content, place); }
            else if (role.Is("system"u8)) { ChatFields.System(_to, content); }
            else { draft.Wrong($"messages[{place}].role", "has to be user, assistant or system."); }
        }
    }

    private void User(JsonElement content, int place)
    {
        var said = new List<(JsonElement Block, string Place)>();
        var results = 0;
        var at = -1;
        foreach (var block in content.Items())
        {
            at++;
            if (!block.Get("type"u8).Is("tool_result"u8))
            {
                said.Add((block, $"messages[{place}].content[{at}]"));
                continue;
            }
            results++;
            Result(block, $"messages[{place}].content[{at}]", said);
        }
        if (said.Count == 0 && results > 0) { return; }
        _to.WriteStartObject();
        _to.WriteString("role"u8, "user"u8);
        if (content.IsText()) { _to.WriteRaw("content"u8, content); }
        else if (said is [var (only, _)] && IsText(only)) { _to.WriteRaw("content"u8, only.Get("text"u8)); }
        else if (said.Count == 0) { _to.WriteString("content"u8, ""u8); }
        else
        {
            _to.WriteStartArray("content"u8);
            foreach (var (block, where) in said) { Part(block, where); }
            _to.WriteEndArray();
        }
        _to.WriteEndObject();
    }

    private void Result(JsonElement block, string place, List<(JsonElement Block, string Place)> said)
    {
        var content = block.Get("content"u8);
        var text = new RawText();
        var shown = 0;
        if (block.Get("is_error"u8).IsTrue()) { text.Add(ToolText.FailedMark); }
        if (content.IsText()) { text.Add(content.Inside()); }
        else if (!content.IsMissing() && !content.IsList())
        {
            draft.Wrong(place, "has to hold a text or a list of blocks.");
        }
        var at = -1;
        var texts = 0;
        foreach (var part in content.Items())
        {
            at++;
            if (IsText(part))
            {
                if (texts++ > 0) { text.Add(@"\n"u8); }
                text.Add(part.Get("text"u8).Inside());
                continue;
            }
            if (!part.Get("type"u8).Is("image"u8)) { draft.NotCarried($"{place}.content[{at}]", Parts); }
            said.Add((part, $"{place}.content[{at}]"));
            shown++;
        }
        // A chat's tools answer in text alone; what they show follows in the user's message.
        if (texts == 0 && shown > 0) { text.Add("See the image in the next message."u8); }
        if (!block.Get("tool_use_id"u8).IsText())
        {
            draft.Wrong($"{place}.tool_use_id", "has to name the call it answers.");
        }
        _to.WriteStartObject();
        _to.WriteString("role"u8, "tool"u8);
        _to.WriteText("tool_call_id"u8, block.Get("tool_use_id"u8));
        _to.WriteText("content"u8, text);
        _to.WriteEndObject();
    }

    private void Part(JsonElement block, string place)
    {
        var type = block.Get("type"u8);
        var source = block.Get("source"u8);
        if (IsText(block)) { ChatFields.Text(_to, block.Get("text"u8)); }
        else if (type.Is("image"u8))
        {
            _to.WriteStartObject();
            _to.WriteString("type"u8, "image_url"u8);
            _to.WriteStartObject("image_url"u8);
            if (!Media.WriteAddress(_to, "url"u8, source))
            {
                draft.NotCarried(place, "Give it as base64 data or as an address.");
            }
            _to.WriteEndObject();
            _to.WriteEndObject();
        }
        else if (type.Is("document"u8) && source.Get("type"u8).Is("text"u8) && source.Get("data"u8).IsText())
        {
            ChatFields.Text(_to, source.Get("data"u8));
        }
        else if (type.Is("document"u8) && source.Get("type"u8).Is("base64"u8))
        {
            _to.WriteStartObject();
            _to.WriteString("type"u8, "file"u8);
            _to.WriteStartObject("file"u8);
            var title = block.Get("title"u8);
            if (title.IsText()) { _to.WriteRaw("filename"u8, title); }
            else { _to.WriteString("filename"u8, "document.pdf"u8); }
            if (!Media.WriteAddress(_to, "file_data"u8, source)) { draft.NotCarried(place, Parts); }
            _to.WriteEndObject();
            _to.WriteEndObject();
        }
        else { draft.NotCarried(place, Parts); }
    }

    private void Assistant(JsonElement content, int place)
    {
        var text = new RawText().Add(content.Inside());
        var calls = 0;
        var at = -1;
        foreach (var block in content.Items())
        {
            at++;
            var type = block.Get("type"u8);
            if (IsText(block)) { text.Add(block.Get("text"u8).Inside()); }
            else if (type.Is("tool_use"u8) && block.Get("id"u8).IsText() && block.Get("name"u8).IsText()) { calls++; }
            // Thoughts are only for the provider that signed them.
            else if (!type.Is("thinking"u8) && !type.Is("redacted_thinking"u8))
            {
                draft.NotCarried($"messages[{place}].content[{at}]", Parts);
            }
        }
        _to.WriteStartObject();
        _to.WriteString("role"u8, "assistant"u8);
        if (text.IsEmpty && calls > 0) { _to.WriteNull("content"u8); }
        else { _to.WriteText("content"u8, text); }
        if (calls > 0)
        {
            _to.WriteStartArray("tool_calls"u8);
            foreach (var block in content.Items())
            {
                if (!block.Get("type"u8).Is("tool_use"u8)) { continue; }
                ChatFields.Call(_to, block.Get("id"u8), block.Get("name"u8));
                _to.WriteAsText("arguments"u8, block.Get("input"u8));
                _to.WriteEndObject();
                _to.WriteEndObject();
            }
            _to.WriteEndArray();
        }
        _to.WriteEndObject();
    }

    private static bool IsText(JsonElement block) => block.Get("type"u8).Is("text"u8) && block.Get("text"u8).IsText();
}
