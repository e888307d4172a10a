using System.Text;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

internal enum ResponsesItemKind { Reasoning, Message, Call }

/// <summary>One item of a Responses answer, while it grows and when it is done.</summary>
internal sealed class ResponsesItem
{
    private readonly RawText _id;
    private readonly RawText _name = new();
    private byte[] _callId = [];

    public ResponsesItem(ResponsesItemKind kind, int index, RawText answerId)
    {
        Kind = kind;
        Index = index;
        ReadOnlySpan<byte> prefix = kind switch
        {
            ResponsesItemKind.Reasoning => "rs_"u8,
            ResponsesItemKind.Message => "msg_"u8,
            _ => "fc_"u8,
        };
        _id = new RawText().Add(prefix).Add(answerId.Inside).Add(Encoding.ASCII.GetBytes($"_{index}"));
    }

    public ResponsesItemKind Kind { get; }

    public int Index { get; }

    /// <summary>What it says, thinks, or calls its tool with.</summary>
    public RawText Text { get; } = new();

    /// <summary>A model that says no says it in a part of another kind.</summary>
    public bool IsRefusal { get; set; }

    public bool IsDone { get; set; }

    public void Named(ReadOnlySpan<byte> callId, JsonElement name)
    {
        _name.Add(name.Inside());
        _callId = callId.ToArray();
    }

    public void WriteId(Utf8JsonWriter to) => to.WriteText("item_id"u8, _id);

    public void WriteName(Utf8JsonWriter to) => to.WriteText("name"u8, _name);

    /// <param name="isDone">Before that, it is shown empty.</param>
    public void Write(Utf8JsonWriter to, bool isDone, bool isWhole)
    {
        to.WriteStartObject();
        to.WriteText("id"u8, _id);
        to.WriteString("type"u8, Kind switch
        {
            ResponsesItemKind.Reasoning => "reasoning"u8,
            ResponsesItemKind.Message => "message"u8,
            _ => "function_call"u8,
        });
        if (Kind == ResponsesItemKind.Call)
        {
            if (_callId.Length > 0) { to.WriteString("call_id"u8, _callId); }
            else { to.WriteText("call_id"u8, _id); }
            to.WriteText("name"u8, _name);
            to.WriteText("arguments"u8, isDone ? Text : new());
        }
        else
        {
            if (Kind == ResponsesItemKind.Message) { to.WriteString("role"u8, "assistant"u8); }
            else
            {
                to.WriteStartArray("summary"u8);
                to.WriteEndArray();
            }
            to.WriteStartArray("content"u8);
            if (isDone) { WritePart(to, isDone); }
            to.WriteEndArray();
        }
        to.WriteString("status"u8, !isDone ? "in_progress"u8 : isWhole ? "completed"u8 : "incomplete"u8);
        to.WriteEndObject();
    }

    public void WritePart(Utf8JsonWriter to, bool isDone)
    {
        to.WriteStartObject();
        to.WriteString("type"u8, PartType);
        to.WriteText(IsRefusal ? "refusal"u8 : "text"u8, isDone ? Text : new());
        if (Kind == ResponsesItemKind.Message && !IsRefusal) { WriteEmptyLists(to); }
        to.WriteEndObject();
    }

    private ReadOnlySpan<byte> PartType => Kind == ResponsesItemKind.Reasoning ? "reasoning_text"u8
        : IsRefusal ? "refusal"u8 : "output_text"u8;

    private static void WriteEmptyLists(Utf8JsonWriter to)
    {
        to.WriteStartArray("annotations"u8);
        to.WriteEndArray();
        to.WriteStartArray("logprobs"u8);
        to.WriteEndArray();
    }
}
