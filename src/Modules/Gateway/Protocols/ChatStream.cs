using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Anthropic's events as a chat's chunks.</summary>
internal sealed class ChatStream(string model, bool includeUsage) : TranslatedStream(WireFormat.Chat)
{
    private sealed class Block
    {
        public required int Call { get; init; }
        public bool HasArguments { get; set; }
        public RawText Thought { get; } = new();
    }

    private readonly Dictionary<long, Block> _blocks = [];
    private readonly long _created = ChatReading.Now();
    private AnswerUsage _usage;
    private JsonElement _stop;
    private RawText _id = ChatReading.Id(""u8, default);
    private int _callCount;
    private int _thoughtCount;
    private bool _isStarted;

    protected override void Read(JsonElement data, IBufferWriter<byte> output)
    {
        var type = data.Get("type"u8);
        if (type.Is("content_block_delta"u8)) { Delta(data, output); }
        else if (type.Is("message_start"u8))
        {
            var message = data.Get("message"u8);
            if (!message.Get("id"u8).Inside().IsEmpty) { _id = new RawText().Add(message.Get("id"u8).Inside()); }
            _usage = _usage.WithMessages(message.Get("usage"u8));
            Start(output);
        }
        else if (type.Is("content_block_start"u8)) { Open(data, output); }
        else if (type.Is("content_block_stop"u8)) { Stop(data, output); }
        else if (type.Is("message_delta"u8))
        {
            _usage = _usage.WithMessages(data.Get("usage"u8));
            if (data.Get("delta"u8).Get("stop_reason"u8) is not { ValueKind: JsonValueKind.String } stop) { return; }
            _stop = stop.Clone();
            IsWhole = true;
        }
        else if (type.Is("message_stop"u8))
        {
            IsWhole = true;
            End(output);
        }
    }

    protected override void Close(IBufferWriter<byte> output)
    {
        Start(output);
        var to = Events.Begin(output, default);
        Head(to);
        to.WriteStartArray("choices"u8);
        to.WriteStartObject();
        to.WriteNumber("index"u8, 0);
        to.WriteStartObject("delta"u8);
        to.WriteEndObject();
        to.WriteNull("logprobs"u8);
        to.WriteString("finish_reason"u8, StopReasons.ToChat(_stop, _callCount > 0));
        to.WriteEndObject();
        to.WriteEndArray();
        Events.End();
        if (includeUsage)
        {
            to = Events.Begin(output, default);
            Head(to);
            to.WriteStartArray("choices"u8);
            to.WriteEndArray();
            _usage.WriteChat(to);
            Events.End();
        }
        output.Write("data: [DONE]\n\n"u8);
    }

    private void Start(IBufferWriter<byte> output)
    {
        if (_isStarted) { return; }
        _isStarted = true;
        var to = Chunk(output);
        to.WriteString("role"u8, "assistant"u8);
        to.WriteString("content"u8, ""u8);
        EndChunk();
    }

    private void Open(JsonElement data, IBufferWriter<byte> output)
    {
        Start(output);
        var block = data.Get("content_block"u8);
        var type = block.Get("type"u8);
        var isCall = type.Is("tool_use"u8);
        var input = block.Get("input"u8);
        var opened = new Block
        {
            Call = isCall ? _callCount++ : -1,
            HasArguments = input.IsObject() && input.EnumerateObject().Any(),
        };
        _blocks[data.Get("index"u8).Count()] = opened;
        if (isCall)
        {
            var to = Chunk(output);
            to.WriteStartArray("tool_calls"u8);
            to.WriteStartObject();
            to.WriteNumber("index"u8, opened.Call);
            to.WriteText("id"u8, block.Get("id"u8));
            to.WriteString("type"u8, "function"u8);
            to.WriteStartObject("function"u8);
            to.WriteText("name"u8, block.Get("name"u8));
            if (opened.HasArguments) { to.WriteAsText("arguments"u8, input); }
            else { to.WriteString("arguments"u8, ""u8); }
            to.WriteEndObject();
            to.WriteEndObject();
            to.WriteEndArray();
            EndChunk();
        }
        else if (type.Is("redacted_thinking"u8)) { Detail(block, output); }
        else if (type.Is("text"u8)) { Piece(output, "content"u8, block.Get("text"u8)); }
        else if (type.Is("thinking"u8)) { Think(opened, block.Get("thinking"u8), output); }
    }

    private void Delta(JsonElement data, IBufferWriter<byte> output)
    {
        Start(output);
        var delta = data.Get("delta"u8);
        var type = delta.Get("type"u8);
        var block = _blocks.GetValueOrDefault(data.Get("index"u8).Count());
        if (type.Is("text_delta"u8)) { Piece(output, "content"u8, delta.Get("text"u8)); }
        else if (type.Is("input_json_delta"u8) && block is { Call: >= 0 })
        {
            Arguments(block, delta.Get("partial_json"u8), output);
        }
        else if (type.Is("thinking_delta"u8) && block is not null)
        {
            Think(block, delta.Get("thinking"u8), output);
        }
        else if (type.Is("signature_delta"u8) && block is not null)
        {
            var to = Chunk(output);
            to.WriteStartArray("reasoning_details"u8);
            Thoughts.WriteDetail(to, block.Thought, delta.Get("signature"u8), _thoughtCount++);
            to.WriteEndArray();
            EndChunk();
        }
    }

    // A tool without arguments is sent none at all, and clients of chat want to read an object.
    private void Stop(JsonElement data, IBufferWriter<byte> output)
    {
        if (!_blocks.Remove(data.Get("index"u8).Count(), out var block)) { return; }
        if (block.Call < 0 || block.HasArguments) { return; }
        Arguments(block, new RawText().Add("{}"u8), output);
    }

    private void Think(Block block, JsonElement text, IBufferWriter<byte> output)
    {
        block.Thought.Add(text.Inside());
        Piece(output, "reasoning_content"u8, text);
    }

    private void Detail(JsonElement block, IBufferWriter<byte> output)
    {
        var to = Chunk(output);
        to.WriteStartArray("reasoning_details"u8);
        Thoughts.WriteDetail(to, block, _thoughtCount++);
        to.WriteEndArray();
        EndChunk();
    }

    private void Arguments(Block block, JsonElement piece, IBufferWriter<byte> output)
    {
        if (piece.Inside().IsEmpty) { return; }
        block.HasArguments = true;
        Arguments(block, new RawText().Add(piece.Inside()), output);
    }

    private void Arguments(Block block, RawText piece, IBufferWriter<byte> output)
    {
        var to = Chunk(output);
        to.WriteStartArray("tool_calls"u8);
        to.WriteStartObject();
        to.WriteNumber("index"u8, block.Call);
        to.WriteStartObject("function"u8);
        to.WriteText("arguments"u8, piece);
        to.WriteEndObject();
        to.WriteEndObject();
        to.WriteEndArray();
        EndChunk();
    }

    private void Piece(IBufferWriter<byte> output, ReadOnlySpan<byte> name, JsonElement text)
    {
        if (text.Inside().IsEmpty) { return; }
        var to = Chunk(output);
        to.WriteRaw(name, text);
        EndChunk();
    }

    private Utf8JsonWriter Chunk(IBufferWriter<byte> output)
    {
        var to = Events.Begin(output, default);
        Head(to);
        to.WriteStartArray("choices"u8);
        to.WriteStartObject();
        to.WriteNumber("index"u8, 0);
        to.WriteStartObject("delta"u8);
        return to;
    }

    private void EndChunk()
    {
        Events.To.WriteEndObject();
        Events.To.WriteNull("finish_reason"u8);
        Events.To.WriteEndObject();
        Events.To.WriteEndArray();
        Events.End();
    }

    private void Head(Utf8JsonWriter to)
    {
        to.WriteText("id"u8, _id);
        to.WriteString("object"u8, "chat.completion.chunk"u8);
        to.WriteNumber("created"u8, _created);
        to.WriteString("model"u8, model);
    }
}
