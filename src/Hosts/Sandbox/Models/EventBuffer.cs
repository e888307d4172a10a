using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Wopr.Sandbox.Models;

internal enum Telling { Nothing, Part, All }

/// <param name="IsPaced">A piece of the answer, which the pace holds back.</param>
/// <param name="Tells">What of the usage it tells.</param>
internal readonly record struct Event(string? Name = null, bool IsPaced = false, Telling Tells = Telling.Nothing,
    bool IsLast = false);

/// <summary>Where one event after the other is written.</summary>
internal sealed class EventBuffer : IDisposable
{
    private static readonly byte[] s_lf = "\n"u8.ToArray();
    private static readonly byte[] s_crlf = "\r\n"u8.ToArray();

    private readonly ArrayBufferWriter<byte> _data = new(1024);
    private readonly ArrayBufferWriter<byte> _frame = new(1024);
    private readonly byte[] _lineEnd;
    private readonly Utf8JsonWriter _json;

    public EventBuffer(Faults faults)
    {
        _lineEnd = faults.Crlf ? s_crlf : s_lf;
        // Line breaks inside of the JSON make several data lines of it.
        _json = new(_data, Serving.JsonOptions with { Indented = faults.Multiline, NewLine = "\n" });
    }

    /// <summary>How much of the answer's own text and arguments was written so far.</summary>
    public long OutputBytes { get; private set; }

    public long OutputTokens => Tokens.OfBytes(OutputBytes);

    public Utf8JsonWriter Begin()
    {
        _data.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        return _json;
    }

    public void End()
    {
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Write(ReadOnlySpan<byte> raw)
    {
        _data.ResetWrittenCount();
        _data.Write(raw);
    }

    public void CountOutput(string piece) => OutputBytes += Encoding.UTF8.GetByteCount(piece);

    /// <summary>The event as it goes over the wire.</summary>
    public ReadOnlyMemory<byte> Frame(string? name)
    {
        _frame.ResetWrittenCount();
        if (name is not null)
        {
            _frame.Write("event: "u8);
            Encoding.UTF8.GetBytes(name, _frame);
            _frame.Write(_lineEnd);
        }
        foreach (var line in _data.WrittenSpan.Split((byte)'\n'))
        {
            _frame.Write("data: "u8);
            _frame.Write(_data.WrittenSpan[line]);
            _frame.Write(_lineEnd);
        }
        _frame.Write(_lineEnd);
        return _frame.WrittenMemory;
    }

    public ReadOnlyMemory<byte> Comment()
    {
        _frame.ResetWrittenCount();
        _frame.Write(": PROCESSING"u8);
        _frame.Write(_lineEnd);
        _frame.Write(_lineEnd);
        return _frame.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();
}
