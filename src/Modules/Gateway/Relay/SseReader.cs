using System.Buffers;

namespace Wopr.Gateway.Relay;

/// <summary>One server-sent event as it came; the memory is good until the next read.</summary>
/// <param name="Raw">All of its bytes, with the blank line that ends it.</param>
/// <param name="Data">Its data lines, joined by line feeds; empty for comments.</param>
internal readonly record struct SseEvent(ReadOnlyMemory<byte> Raw, ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Data);

/// <summary>Reads whole events from a provider's answer. What it holds is bounded by the longest event it accepts.</summary>
internal sealed class SseReader(Stream stream) : IDisposable
{
    internal const int EventBytesMax = 4 * 1024 * 1024;
    private const int BufferBytes = 16 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private int _start;
    private int _scanned;
    private int _end;
    private bool _isOver;
    private SseScanner _scanner;

    /// <summary>The answer stopped in the middle of an event.</summary>
    public bool IsCut => _isOver && _start < _end;

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    /// <summary>False at the end of the answer. Reads only when <see cref="TryNext"/> found nothing more.</summary>
    public async ValueTask<bool> ReadAsync(CancellationToken ct)
    {
        if (_isOver) { return false; }
        MakeRoom();
        var count = await stream.ReadAsync(_buffer.AsMemory(_end), ct);
        _end += count;
        _isOver = count == 0;
        return count > 0 || EndsWithLine();
    }

    public bool TryNext(out SseEvent next)
    {
        next = default;
        var length = _scanner.FirstEnd(_buffer.AsSpan(_scanned, _end - _scanned));
        if (length < 0 && !(_isOver && EndsWithLine()))
        {
            _scanned = _end;
            return false;
        }
        // Some end their last line and not their last event.
        var end = length < 0 ? _end : _scanned + length;
        next = Parse(_buffer.AsMemory(_start, end - _start));
        _start = _scanned = end;
        return true;
    }

    private bool EndsWithLine() => _start < _end && _buffer[_end - 1] is (byte)'\n' or (byte)'\r';

    private void MakeRoom()
    {
        if (_start == _end) { (_start, _scanned, _end) = (0, 0, 0); }
        if (_end < _buffer.Length) { return; }
        var held = _end - _start;
        if (held >= EventBytesMax) { throw new InvalidDataException("The provider sent an event without end."); }
        var larger = held > _buffer.Length / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
        _buffer.AsSpan(_start, held).CopyTo(larger);
        if (larger != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }
        (_start, _scanned, _end) = (0, _scanned - _start, held);
    }

    private static SseEvent Parse(ReadOnlyMemory<byte> raw)
    {
        ReadOnlyMemory<byte> name = default, data = default;
        byte[]? joined = null;
        var rest = raw;
        while (!rest.IsEmpty)
        {
            var length = rest.Span.IndexOfAny((byte)'\r', (byte)'\n');
            var line = length < 0 ? rest : rest[..length];
            rest = length < 0 ? default : rest[(length + 1)..];
            if (Field(line, "data"u8) is { } value)
            {
                // Rare enough that a new array each time does not matter.
                joined = data.IsEmpty ? null : [.. data.Span, (byte)'\n', .. value.Span];
                data = joined ?? value;
            }
            else if (Field(line, "event"u8) is { } text) { name = text; }
        }
        return new(raw, name, data);
    }

    private static ReadOnlyMemory<byte>? Field(ReadOnlyMemory<byte> line, ReadOnlySpan<byte> name)
    {
        var span = line.Span;
        if (!span.StartsWith(name) || (span.Length > name.Length && span[name.Length] != ':')) { return null; }
        if (span.Length <= name.Length + 1) { return ReadOnlyMemory<byte>.Empty; }
        return line[(span[name.Length + 1] == ' ' ? name.Length + 2 : name.Length + 1)..];
    }
}
