using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>A chat's answer as that of OpenAI's Responses.</summary>
internal sealed class ResponsesAnswer(RawText id, long created, string model)
{
    private readonly List<ResponsesItem> _items = [];

    public AnswerUsage? Usage { get; set; }

    public IReadOnlyList<ResponsesItem> Items => _items;

    /// <summary>Null when it is none.</summary>
    public static byte[]? FromChat(JsonElement chat, string model)
    {
        var choice = ChatReading.FirstChoice(chat);
        var message = choice.Get("message"u8);
        if (!message.IsObject()) { return null; }
        var answer = new ResponsesAnswer(ChatReading.Id("resp_"u8, chat.Get("id"u8)), ChatReading.Created(chat), model);
        if (Thoughts.Text(message).Inside() is { IsEmpty: false } thought)
        {
            answer.Add(ResponsesItemKind.Reasoning).Text.Add(thought);
        }
        var text = new RawText();
        foreach (var piece in Json.Texts(message.Get("content"u8))) { text.Add(piece.Inside()); }
        if (!text.IsEmpty) { answer.Add(ResponsesItemKind.Message).Text.Add(text.Inside); }
        if (message.Get("refusal"u8).Inside() is { IsEmpty: false } refusal)
        {
            var item = answer.Add(ResponsesItemKind.Message);
            item.IsRefusal = true;
            item.Text.Add(refusal);
        }
        foreach (var call in message.Get("tool_calls"u8).Items())
        {
            if (!ChatReading.IsCall(call)) { continue; }
            var function = call.Get("function"u8);
            var item = answer.Add(ResponsesItemKind.Call);
            item.Named(call.Get("id"u8).Bytes(), function.Get("name"u8));
            item.Text.Add(function.Get("arguments"u8).Inside());
        }
        if (chat.Get("usage"u8) is var usage && usage.IsObject()) { answer.Usage = AnswerUsage.FromChat(usage); }
        var bytes = new ArrayBufferWriter<byte>();
        using (var to = new Utf8JsonWriter(bytes, Writing.Options))
        {
            answer.Write(to, Ended(choice.Get("finish_reason"u8)));
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Why it is not whole; empty when it is.</summary>
    public static string Ended(JsonElement finish) =>
        finish.Is("length"u8) ? "max_output_tokens" : finish.Is("content_filter"u8) ? "content_filter" : "";

    public ResponsesItem Add(ResponsesItemKind kind)
    {
        var item = new ResponsesItem(kind, _items.Count, id);
        _items.Add(item);
        return item;
    }

    /// <summary>What cuts an answer cuts its last item.</summary>
    public bool IsWhole(ResponsesItem item, string ended) => ended.Length == 0 || item.Index < _items.Count - 1;

    /// <param name="ended">Null while it grows; else why it is not whole.</param>
    public void Write(Utf8JsonWriter to, string? ended)
    {
        to.WriteStartObject();
        to.WriteText("id"u8, id);
        to.WriteString("object"u8, "response"u8);
        to.WriteNumber("created_at"u8, created);
        to.WriteString("status"u8, ended switch
        {
            null => "in_progress"u8,
            "" => "completed"u8,
            _ => "incomplete"u8,
        });
        to.WriteNull("error"u8);
        if (ended is { Length: > 0 })
        {
            to.WriteStartObject("incomplete_details"u8);
            to.WriteString("reason"u8, ended);
            to.WriteEndObject();
        }
        else { to.WriteNull("incomplete_details"u8); }
        to.WriteNull("instructions"u8);
        to.WriteString("model"u8, model);
        to.WriteStartArray("output"u8);
        foreach (var item in _items)
        {
            if (ended is not null) { item.Write(to, isDone: true, IsWhole(item, ended)); }
        }
        to.WriteEndArray();
        to.WriteBoolean("parallel_tool_calls"u8, true);
        to.WriteNull("previous_response_id"u8);
        to.WriteBoolean("store"u8, false);
        to.WriteString("tool_choice"u8, "auto"u8);
        to.WriteStartArray("tools"u8);
        to.WriteEndArray();
        to.WriteNull("temperature"u8);
        to.WriteNull("top_p"u8);
        to.WriteString("truncation"u8, "disabled"u8);
        if (Usage is { } usage) { usage.WriteResponses(to); }
        else { to.WriteNull("usage"u8); }
        to.WriteStartObject("metadata"u8);
        to.WriteEndObject();
        to.WriteEndObject();
    }
}
