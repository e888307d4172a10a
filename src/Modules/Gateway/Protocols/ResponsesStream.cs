using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>
/// A chat's chunks as the events of OpenAI's Responses. Items may grow beside each other there, so all but thoughts
/// are done at the end, when nothing more can come for them.
/// </summary>
internal sealed class ResponsesStream(string model) : TranslatedStream(WireFormat.Responses)
{
    private readonly GrowingCalls _calls = new();
    private ResponsesAnswer? _answer;
    private JsonElement _finish;
    private ResponsesItem? _thought;
    private ResponsesItem? _text;
    private ResponsesItem? _refusal;
    private int _sequence;

    protected override void Read(JsonElement data, IBufferWriter<byte> output)
    {
        IsWhole |= ChatReading.IsLastWord(data);
        var answer = Start(data, output);
        if (data.Get("usage"u8) is var usage && usage.IsObject()) { answer.Usage = AnswerUsage.FromChat(usage); }
        var choice = ChatReading.FirstChoice(data);
        var delta = choice.Get("delta"u8);
        if (Thoughts.Text(delta) is var thought && !thought.Inside().IsEmpty)
        {
            _thought ??= Add(ResponsesItemKind.Reasoning, isRefusal: false, output);
            Grow(_thought, thought, output);
        }
        foreach (var piece in Json.Texts(delta.Get("content"u8)))
        {
            if (piece.IsEmptyText()) { continue; }
            _text ??= Add(ResponsesItemKind.Message, isRefusal: false, output);
            Grow(_text, piece, output);
        }
        if (delta.Get("refusal"u8) is var refusal && !refusal.Inside().IsEmpty)
        {
            _refusal ??= Add(ResponsesItemKind.Message, isRefusal: true, output);
            Grow(_refusal, refusal, output);
        }
        foreach (var piece in delta.Get("tool_calls"u8).Items()) { Call(piece, output); }
        var finish = choice.Get("finish_reason"u8);
        if (finish.Is("error"u8)) { Fail(ProtocolProblems.ProviderFailed, output); }
        else if (finish.IsText())
        {
            IsWhole = true;
            _finish = finish.Clone();
        }
    }

    protected override void Close(IBufferWriter<byte> output)
    {
        var answer = Start(default, output);
        var ended = ResponsesAnswer.Ended(_finish);
        foreach (var item in answer.Items) { Done(item, answer.IsWhole(item, ended), output); }
        var to = Begin(output, ended.Length == 0 ? "response.completed"u8 : "response.incomplete"u8);
        to.WritePropertyName("response"u8);
        answer.Write(to, ended);
        Events.End();
    }

    private ResponsesAnswer Start(JsonElement data, IBufferWriter<byte> output)
    {
        if (_answer is not null) { return _answer; }
        _answer = new(ChatReading.Id("resp_"u8, data.Get("id"u8)), ChatReading.Created(data), model);
        foreach (var name in (ReadOnlySpan<string>)["response.created", "response.in_progress"])
        {
            var to = Begin(output, Encoding.ASCII.GetBytes(name));
            to.WritePropertyName("response"u8);
            _answer.Write(to, ended: null);
            Events.End();
        }
        return _answer;
    }

    private void Call(JsonElement piece, IBufferWriter<byte> output)
    {
        var call = _calls.Of(piece);
        var function = piece.Get("function"u8);
        var arguments = function.Get("arguments"u8);
        if (call.Place >= 0)
        {
            if (!arguments.Inside().IsEmpty) { Grow(_answer!.Items[call.Place], arguments.Inside(), output); }
            return;
        }
        call.Held.Add(arguments.Inside());
        if (!ChatReading.IsCall(piece)) { return; }
        var item = Open(ResponsesItemKind.Call, output);
        item.Named(call.Id, function.Get("name"u8));
        call.Place = item.Index;
        Show(item, output);
        if (!call.Held.IsEmpty) { Grow(item, call.Held.Inside, output); }
    }

    private ResponsesItem Add(ResponsesItemKind kind, bool isRefusal, IBufferWriter<byte> output)
    {
        var item = Open(kind, output);
        item.IsRefusal = isRefusal;
        Show(item, output);
        Part(item, "response.content_part.added"u8, isDone: false, output);
        return item;
    }

    private ResponsesItem Open(ResponsesItemKind kind, IBufferWriter<byte> output)
    {
        if (_thought is { } thought)
        {
            Done(thought, isWhole: true, output);
            _thought = null;
        }
        return _answer!.Add(kind);
    }

    private void Show(ResponsesItem item, IBufferWriter<byte> output)
    {
        var to = Begin(output, "response.output_item.added"u8);
        to.WriteNumber("output_index"u8, item.Index);
        to.WritePropertyName("item"u8);
        item.Write(to, isDone: false, isWhole: false);
        Events.End();
    }

    private void Grow(ResponsesItem item, JsonElement piece, IBufferWriter<byte> output) =>
        Grow(item, piece.Inside(), output);

    private void Grow(ResponsesItem item, ReadOnlySpan<byte> piece, IBufferWriter<byte> output)
    {
        item.Text.Add(piece);
        var to = Begin(output, item switch
        {
            { Kind: ResponsesItemKind.Reasoning } => "response.reasoning_text.delta"u8,
            { Kind: ResponsesItemKind.Call } => "response.function_call_arguments.delta"u8,
            { IsRefusal: true } => "response.refusal.delta"u8,
            _ => "response.output_text.delta"u8,
        });
        Place(to, item);
        to.WriteText("delta"u8, new RawText().Add(piece));
        Logprobs(to, item);
        Events.End();
    }

    private void Done(ResponsesItem item, bool isWhole, IBufferWriter<byte> output)
    {
        if (item.IsDone) { return; }
        item.IsDone = true;
        var to = Begin(output, item switch
        {
            { Kind: ResponsesItemKind.Reasoning } => "response.reasoning_text.done"u8,
            { Kind: ResponsesItemKind.Call } => "response.function_call_arguments.done"u8,
            { IsRefusal: true } => "response.refusal.done"u8,
            _ => "response.output_text.done"u8,
        });
        Place(to, item);
        if (item.Kind == ResponsesItemKind.Call) { item.WriteName(to); }
        to.WriteText(item switch
        {
            { Kind: ResponsesItemKind.Call } => "arguments"u8,
            { IsRefusal: true } => "refusal"u8,
            _ => "text"u8,
        }, item.Text);
        Logprobs(to, item);
        Events.End();
        if (item.Kind != ResponsesItemKind.Call) { Part(item, "response.content_part.done"u8, isDone: true, output); }
        to = Begin(output, "response.output_item.done"u8);
        to.WriteNumber("output_index"u8, item.Index);
        to.WritePropertyName("item"u8);
        item.Write(to, isDone: true, isWhole);
        Events.End();
    }

    private void Part(ResponsesItem item, ReadOnlySpan<byte> name, bool isDone, IBufferWriter<byte> output)
    {
        var to = Begin(output, name);
        Place(to, item);
        to.WritePropertyName("part"u8);
        item.WritePart(to, isDone);
        Events.End();
    }

    private static void Place(Utf8JsonWriter to, ResponsesItem item)
    {
        item.WriteId(to);
        to.WriteNumber("output_index"u8, item.Index);
        if (item.Kind != ResponsesItemKind.Call) { to.WriteNumber("content_index"u8, 0); }
    }

    private static void Logprobs(Utf8JsonWriter to, ResponsesItem item)
    {
        if (item.Kind != ResponsesItemKind.Message || item.IsRefusal) { return; }
        to.WriteStartArray("logprobs"u8);
        to.WriteEndArray();
    }

    private Utf8JsonWriter Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> name)
    {
        var to = Events.Begin(output, name);
        to.WriteNumber("sequence_number"u8, _sequence++);
        return to;
    }
}
