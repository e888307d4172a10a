using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Fields of a chat request that several formats turn into.</summary>
internal static class ChatFields
{
    /// <summary>A chat stream tells its usage only when it is asked to.</summary>
    public static void Stream(Draft draft, JsonElement from)
    {
        draft.Flag(from, "stream");
        if (!from.Get("stream"u8).IsTrue()) { return; }
        draft.To.WriteStartObject("stream_options"u8);
        draft.To.WriteBoolean("include_usage"u8, true);
        draft.To.WriteEndObject();
    }

    public static void Function(Utf8JsonWriter to, JsonElement tool, JsonElement schema)
    {
        to.WriteStartObject();
        to.WriteString("type"u8, "function"u8);
        to.WriteStartObject("function"u8);
        to.WriteText("name"u8, tool.Get("name"u8));
        var description = tool.Get("description"u8);
        if (description.IsText()) { to.WriteRaw("description"u8, description); }
        to.WritePropertyName("parameters"u8);
        if (schema.IsObject()) { to.WriteRaw(schema); }
        else { to.WriteRawValue("""{"type":"object","properties":{}}"""u8, skipInputValidation: true); }
        if (tool.Get("strict"u8).IsTrue()) { to.WriteBoolean("strict"u8, true); }
        to.WriteEndObject();
        to.WriteEndObject();
    }

    public static void Choose(Utf8JsonWriter to, JsonElement name)
    {
        to.WriteStartObject("tool_choice"u8);
        to.WriteString("type"u8, "function"u8);
        to.WriteStartObject("function"u8);
        to.WriteRaw("name"u8, name);
        to.WriteEndObject();
        to.WriteEndObject();
    }

    public static void Call(Utf8JsonWriter to, JsonElement id, JsonElement name)
    {
        to.WriteStartObject();
        to.WriteText("id"u8, id);
        to.WriteString("type"u8, "function"u8);
        to.WriteStartObject("function"u8);
        to.WriteText("name"u8, name);
    }

    /// <summary>Blocks of a system prompt are joined by a blank line, for templates that know only one text.</summary>
    public static void System(Utf8JsonWriter to, JsonElement content)
    {
        var joined = new RawText();
        foreach (var text in Json.Texts(content))
        {
            if (!joined.IsEmpty) { joined.Add(@"\n\n"u8); }
            joined.Add(text.Inside());
        }
        to.WriteStartObject();
        to.WriteString("role"u8, "system"u8);
        to.WriteText("content"u8, joined);
        to.WriteEndObject();
    }

    public static void Text(Utf8JsonWriter to, JsonElement text)
    {
        to.WriteStartObject();
        to.WriteString("type"u8, "text"u8);
        to.WriteRaw("text"u8, text);
        to.WriteEndObject();
    }
}
