using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// A chat's chunks as Anthropic's events. Blocks are open one at a time; a piece for a tool whose block was closed
/// already is sent with that block's index, since clients collect by index. Usage comes last in a chat, and is told
/// at the end.
/// </summary>
internal sealed class MessagesStream(string model) : TranslatedStream(WireFormat.Messages)
{
    private enum Kind { None, Thinking, Text, Tool }

    private readonly GrowingCalls _calls = new();
    private AnswerUsage _usage;
    private JsonElement _finish;
    private JsonElement _matched;
    private byte[] _id = [];
    private Kind _open;
    private int _block = -1;
    private int _callCount;
    private bool _isStarted;
    private bool _isRefused;

    protected override void Read(JsonElement data, IBufferWriter<byte> output)
    {
        if (data.Get("usage"u8) is var usage && usage.IsObject()) { _usage = AnswerUsage.FromChat(usage); }
        IsWhole |= ChatReading.IsLastWord(data);
        Start(data, output);
        var choice = ChatReading.FirstChoice(data);
        var delta = choice.Get("delta"u8);
        Think(delta, output);
        foreach (var piece in Json.Texts(delta.Get("content"u8))) { Say(piece, output); }
        if (delta.Get("refusal"u8) is var refusal && !refusal.Inside().IsEmpty)
        {
            _isRefused = true;
            Say(refusal, output);
        }
        foreach (var piece in delta.Get("tool_calls"u8).Items()) { Call(piece, output); }
        var finish = choice.Get("finish_reason"u8);
        if (!finish.IsText()) { return; }
        if (finish.Is("error"u8))
        {
            Fail(ProtocolProblems.ProviderFailed, output);
            return;
        }
        IsWhole = true;
        _finish = finish.Clone();
        if (ChatReading.Matched(choice) is var matched && matched.IsText()) { _matched = matched.Clone(); }
    }

    protected override void Close(IBufferWriter<byte> output)
    {
        Start(default, output);
        CloseBlock(output);
        var stop = StopReasons.ToMessages(_finish, _matched, _callCount > 0, _isRefused);
        var to = Events.Begin(output, "message_delta"u8);
        to.WriteStartObject("delta"u8);
        to.WriteString("stop_reason"u8, stop);
        if (stop.SequenceEqual("stop_sequence"u8)) { to.WriteRaw("stop_sequence"u8, _matched); }
        else { to.WriteNull("stop_sequence"u8); }
        to.WriteEndObject();
        _usage.WriteMessages(to);
        Events.End();
        Events.Begin(output, "message_stop"u8);
        Events.End();
    }

    private void Start(JsonElement data, IBufferWriter<byte> output)
    {
        if (_isStarted) { return; }
        _isStarted = true;
        _id = data.Get("id"u8).Bytes().ToArray();
        var to = Events.Begin(output, "message_start"u8);
        to.WriteStartObject("message"u8);
        to.WriteText("id"u8, ChatReading.Id("msg_"u8, data.Get("id"u8)));
        to.WriteString("type"u8, "message"u8);
        to.WriteString("role"u8, "assistant"u8);
        to.WriteString("model"u8, model);
        to.WriteStartArray("content"u8);
        to.WriteEndArray();
        to.WriteNull("stop_reason"u8);
        to.WriteNull("stop_sequence"u8);
        _usage.WriteMessages(to);
        to.WriteEndObject();
        Events.End();
    }

    private void Think(JsonElement delta, IBufferWriter<byte> output)
    {
        if (Thoughts.Text(delta) is var thought && !thought.Inside().IsEmpty)
        {
            OpenThinking(output);
            Delta(output, _block, "thinking_delta"u8, "thinking"u8, thought);
        }
        foreach (var detail in delta.Get("reasoning_details"u8).Items())
        {
            if (Thoughts.IsSigned(detail))
            {
                OpenThinking(output);
                Delta(output, _block, "signature_delta"u8, "signature"u8, detail.Get("signature"u8));
                CloseBlock(output);
            }
            else if (Thoughts.IsSealed(detail))
            {
                var to = OpenBlock(output, Kind.Thinking);
                Thoughts.WriteBlock(to, detail);
                Events.End();
                CloseBlock(output);
            }
        }
    }

    private void OpenThinking(IBufferWriter<byte> output)
    {
        if (_open == Kind.Thinking) { return; }
        var to = OpenBlock(output, Kind.Thinking);
        to.WriteStartObject();
        to.WriteString("type"u8, "thinking"u8);
        to.WriteString("thinking"u8, ""u8);
        to.WriteString("signature"u8, ""u8);
        to.WriteEndObject();
        Events.End();
    }

    private void Say(JsonElement text, IBufferWriter<byte> output)
    {
        if (text.IsEmptyText()) { return; }
        if (_open != Kind.Text)
        {
            var to = OpenBlock(output, Kind.Text);
            to.WriteStartObject();
            to.WriteString("type"u8, "text"u8);
            to.WriteString("text"u8, ""u8);
            to.WriteEndObject();
            Events.End();
        }
        Delta(output, _block, "text_delta"u8, "text"u8, text);
    }

    private void Call(JsonElement piece, IBufferWriter<byte> output)
    {
        var call = _calls.Of(piece);
        var function = piece.Get("function"u8);
        var arguments = function.Get("arguments"u8);
        if (call.Place < 0)
        {
            call.Held.Add(arguments.Inside());
            if (!ChatReading.IsCall(piece)) { return; }
            var to = OpenBlock(output, Kind.Tool);
            to.WriteStartObject();
            to.WriteString("type"u8, "tool_use"u8);
            ToolText.WriteId(to, "id"u8, call.Id, _id, _callCount++);
            to.WriteRaw("name"u8, function.Get("name"u8));
            to.WriteStartObject("input"u8);
            to.WriteEndObject();
            to.WriteEndObject();
            Events.End();
            call.Place = _block;
            if (!call.Held.IsEmpty) { Delta(output, call.Place, "input_json_delta"u8, "partial_json"u8, call.Held); }
        }
        else if (!arguments.Inside().IsEmpty)
        {
            Delta(output, call.Place, "input_json_delta"u8, "partial_json"u8, arguments);
        }
    }

    private Utf8JsonWriter OpenBlock(IBufferWriter<byte> output, Kind kind)
    {
        CloseBlock(output);
        _open = kind;
        var to = Events.Begin(output, "content_block_start"u8);
        to.WriteNumber("index"u8, ++_block);
        to.WritePropertyName("content_block"u8);
        return to;
    }

    private void CloseBlock(IBufferWriter<byte> output)
    {
        if (_open == Kind.None) { return; }
        _open = Kind.None;
        var to = Events.Begin(output, "content_block_stop"u8);
        to.WriteNumber("index"u8, _block);
        Events.End();
    }

    private void Delta(
        IBufferWriter<byte> output, int block, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name, JsonElement piece) =>
        Delta(output, block, type, name, new RawText().Add(piece.Inside()));

    private void Delta(
        IBufferWriter<byte> output, int block, ReadOnlySpan<byte> type, ReadOnlySpan<byte> name, RawText piece)
    {
        var to = Events.Begin(output, "content_block_delta"u8);
        to.WriteNumber("index"u8, block);
        to.WriteStartObject("delta"u8);
        to.WriteString("type"u8, type);
        to.WriteText(name, piece);
        to.WriteEndObject();
        Events.End();
    }
}
