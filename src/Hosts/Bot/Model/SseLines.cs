using System.Buffers;

namespace Wopr.Bot.Model;

/// <summary>The data lines of a stream of events. The gateway sends one line for an event.</summary>
internal sealed class SseLines(Stream from) : IDisposable
{
    private const int LineMax = 1024 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(8 * 1024);
    private int _start;
    private int _end;

    /// <summary>The next data, valid until the next call; null: the stream ended.</summary>
    public async Task<ReadOnlyMemory<byte>?> NextAsync(CancellationToken ct)
    {
        while (true)
        {
            var length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            if (length >= 0)
            {
                var line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                if (Data(line) is { } data) { return data; }
                continue;
            }
            MakeRoom();
            var got = await from.ReadAsync(_buffer.AsMemory(_end), ct);
            if (got == 0) { return null; }
            _end += got;
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(Interlocked.Exchange(ref _buffer, []));

    private static ReadOnlyMemory<byte>? Data(ReadOnlyMemory<byte> line)
    {
        if (!line.Span.StartsWith("data:"u8)) { return null; }
        var data = line["data:".Length..];
        while (data.Length > 0 && data.Span[0] == ' ') { data = data[1..]; }
        while (data.Length > 0 && data.Span[^1] is (byte)'\r' or (byte)' ') { data = data[..^1]; }
        return data;
    }

    private void MakeRoom()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end < _buffer.Length) { return; }
        if (_buffer.Length >= LineMax) { throw new InvalidDataException("A line of the model's answer is too long."); }
        var larger = ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(0, _end).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
