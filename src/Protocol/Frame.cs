using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Wopr.Protocol;

internal enum FrameKind
{
    /// <summary>What a newer release says, and this one need not know.</summary>
    Unknown,

    /// <summary>Carries the number of the last frame sent, and none of its own.</summary>
    Ping,

    Ask,
    Answer,
    Refuse,
    Item,

    /// <summary>There are no more items.</summary>
    End,

    /// <summary>Not answered, and not known whether done: ask again.</summary>
    Lost,

    /// <summary>Nobody waits for the answer any more.</summary>
    Cancel,

    /// <summary>So many bytes of items were read: as many more may come.</summary>
    More,
}

/// <summary>One message on a link: {"n":12,"k":"ask","id":5,"verb":"turn","body":{…}}.</summary>
internal readonly ref struct Frame
{
    public const int BytesMax = 1024 * 1024;

    private static readonly JsonReaderOptions s_reading = new() { MaxDepth = 64 };

    public FrameKind Kind { get; private init; }
    public long Number { get; private init; }

    /// <summary>Of the ask it is about, counted by who asked.</summary>
    public long Id { get; private init; }

    public string Verb { get; private init; }
    public long Bytes { get; private init; }
    public ReadOnlySpan<byte> Body { get; private init; }

    /// <exception cref="FrameException">It is none.</exception>
    public static Frame Read(ReadOnlySpan<byte> text)
    {
        try
        {
            return ReadFields(text);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
        {
            throw new FrameException("a frame could not be read");
        }
    }

    private static Frame ReadFields(ReadOnlySpan<byte> text)
    {
        var kind = FrameKind.Unknown;
        long number = -1, id = 0, bytes = 0;
        string? verb = null;
        ReadOnlySpan<byte> body = default;
        var reader = new Utf8JsonReader(text, s_reading);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) { throw new FrameException("a frame could not be read"); }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("n"u8)) { reader.Read(); number = reader.GetInt64(); }
            else if (reader.ValueTextEquals("k"u8)) { reader.Read(); kind = KindOf(ref reader); }
            else if (reader.ValueTextEquals("id"u8)) { reader.Read(); id = reader.GetInt64(); }
            else if (reader.ValueTextEquals("verb"u8)) { reader.Read(); verb = reader.GetString(); }
            else if (reader.ValueTextEquals("bytes"u8)) { reader.Read(); bytes = reader.GetInt64(); }
            else if (reader.ValueTextEquals("body"u8))
            {
                reader.Read();
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                body = text[start..(int)reader.BytesConsumed];
            }
            else { reader.Read(); reader.Skip(); }
        }
        // Nothing may follow.
        reader.Read();
        if (number < 0) { throw new FrameException("a frame had no number"); }
        return new() { Kind = kind, Number = number, Id = id, Verb = verb ?? "", Bytes = bytes, Body = body };
    }

    private static FrameKind KindOf(ref Utf8JsonReader reader)
    {
        for (var kind = FrameKind.Ping; kind <= FrameKind.More; kind++)
        {
            if (reader.ValueTextEquals(FrameWriter.NameOf(kind))) { return kind; }
        }
        return FrameKind.Unknown;
    }
}

/// <summary>Writes frames, each over the one before: what is idle keeps next to nothing.</summary>
internal sealed class FrameWriter
{
    private const int KeptBytes = 4096;

    private static readonly byte[][] s_names = [.. Enum.GetNames<FrameKind>()
        .Select(name => System.Text.Encoding.ASCII.GetBytes(name.ToLowerInvariant()))];

    private static readonly JsonWriterOptions s_writing = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private ArrayBufferWriter<byte> _buffer = new(256);
    private Utf8JsonWriter? _json;

    public static ReadOnlySpan<byte> NameOf(FrameKind kind) => s_names[(int)kind];

    /// <exception cref="LinkRefusedException">It is too large for a frame.</exception>
    public ReadOnlyMemory<byte> Write<T>(long number, FrameKind kind, long id, string? verb, T body, JsonTypeInfo<T> type)
    {
        var json = Begin(number, kind, id);
        if (verb is not null) { json.WriteString("verb"u8, verb); }
        json.WritePropertyName("body"u8);
        JsonSerializer.Serialize(json, body, type);
        return Finish(json);
    }

    public ReadOnlyMemory<byte> Write(long number, FrameKind kind, long id, long bytes)
    {
        var json = Begin(number, kind, id);
        if (bytes > 0) { json.WriteNumber("bytes"u8, bytes); }
        return Finish(json);
    }

    private Utf8JsonWriter Begin(long number, FrameKind kind, long id)
    {
        if (_buffer.Capacity > KeptBytes) { _buffer = new(256); }
        else { _buffer.ResetWrittenCount(); }
        if (_json is null) { _json = new(_buffer, s_writing); }
        else { _json.Reset(_buffer); }
        _json.WriteStartObject();
        _json.WriteNumber("n"u8, number);
        _json.WriteString("k"u8, NameOf(kind));
        if (id != 0) { _json.WriteNumber("id"u8, id); }
        return _json;
    }

    private ReadOnlyMemory<byte> Finish(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.Flush();
        return _buffer.WrittenCount <= Frame.BytesMax ? _buffer.WrittenMemory : throw new LinkRefusedException(LinkProblems.TooLarge);
    }
}
