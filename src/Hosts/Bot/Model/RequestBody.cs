using System.Buffers;
using System.Text.Json;

namespace Wopr.Bot.Model;

/// <summary>A request in the words of OpenAI's chat completions.</summary>
internal static class RequestBody
{
    public static byte[] Write(ModelRequest request, string model)
    {
        ArrayBufferWriter<byte> bytes = new();
        using (Utf8JsonWriter to = new(bytes))
        {
            to.WriteStartObject();
            to.WriteString("model"u8, model);
            to.WriteBoolean("stream"u8, true);
            to.WriteStartObject("stream_options"u8);
            to.WriteBoolean("include_usage"u8, true);
            to.WriteEndObject();
            to.WriteStartArray("messages"u8);
            foreach (var message in request.Messages) { Write(message, to); }
            to.WriteEndArray();
            if (request.Tools.Count > 0)
            {
                to.WriteStartArray("tools"u8);
                foreach (var tool in request.Tools) { Write(tool, to); }
                to.WriteEndArray();
            }
            to.WriteEndObject();
        }
        return bytes.WrittenSpan.ToArray();
    }

    private static void Write(ChatMessage message, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        to.WriteString("role"u8, message.Role switch
        {
            Role.System => "system"u8,
            Role.User => "user"u8,
            Role.Assistant => "assistant"u8,
            _ => "tool"u8,
        });
        if (message.CallId is { } answered) { to.WriteString("tool_call_id"u8, answered); }
        if (message.Calls is { Count: > 0 } && message.Text.Length == 0) { to.WriteNull("content"u8); }
        else { to.WriteString("content"u8, message.Text); }
        if (message.Calls is { Count: > 0 } calls)
        {
            to.WriteStartArray("tool_calls"u8);
            foreach (var call in calls)
            {
                to.WriteStartObject();
                to.WriteString("id"u8, call.Id);
                to.WriteString("type"u8, "function"u8);
                to.WriteStartObject("function"u8);
                to.WriteString("name"u8, call.Tool);
                to.WriteString("arguments"u8, call.Arguments);
                to.WriteEndObject();
                to.WriteEndObject();
            }
            to.WriteEndArray();
        }
        to.WriteEndObject();
    }

    private static void Write(ToolOffer tool, Utf8JsonWriter to)
    {
        to.WriteStartObject();
        to.WriteString("type"u8, "function"u8);
        to.WriteStartObject("function"u8);
        to.WriteString("name"u8, tool.Name);
        to.WriteString("description"u8, tool.Description);
        to.WritePropertyName("parameters"u8);
        to.WriteRawValue(tool.Parameters);
        to.WriteEndObject();
        to.WriteEndObject();
    }
}
