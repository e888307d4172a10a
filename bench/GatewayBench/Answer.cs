using System.Globalization;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>An HTTP/1.1 answer as it comes in, in whatever pieces it comes.</summary>
internal sealed class Answer
{
    private readonly byte[] _raw = new byte[64 * 1024];
    private int _start, _end;
    private long _left;
    private bool _isChunked, _hasHead;

    public int Status { get; private set; }

    public string Head { get; private set; } = "";

    public bool IsWhole { get; private set; }

    /// <summary>Where the next bytes of the connection go.</summary>
    public Span<byte> Free => _raw.AsSpan(_end);

    public void Begin() => (_start, _end, _left, _isChunked, _hasHead, Status, Head, IsWhole) = (0, 0, 0, false, false, 0, "", false);

    /// <summary>Takes what was read and writes what of it is the answer's body.</summary>
    /// <returns>How much was written.</returns>
    public int Take(int count, Span<byte> body)
    {
        _end += count;
        if (!_hasHead && !TryHead()) { return 0; }
        var written = 0;
        while (!IsWhole)
        {
            if (_left == 0 && _isChunked)
            {
                if (!TryChunk()) { break; }
                continue;
            }
            var part = (int)Math.Min(_left, _end - _start);
            _raw.AsSpan(_start, part).CopyTo(body[written..]);
            (_start, _left, written) = (_start + part, _left - part, written + part);
            if (_left > 0) { break; }
            IsWhole = !_isChunked;
        }
        _raw.AsSpan(_start, _end - _start).CopyTo(_raw);
        (_start, _end) = (0, _end - _start);
        return written;
    }

    private bool TryHead()
    {
        var length = _raw.AsSpan(0, _end).IndexOf("\r\n\r\n"u8);
        if (length < 0) { return false; }
        Head = Encoding.ASCII.GetString(_raw, 0, length);
        Status = int.Parse(Head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        _isChunked = Header("transfer-encoding") is "chunked";
        _left = _isChunked ? 0 : long.Parse(Header("content-length") ?? "0", CultureInfo.InvariantCulture);
        (_hasHead, _start) = (true, length + 4);
        return true;
    }

    public string? Header(string name) => Head.Split("\r\n").Skip(1).Select(line => line.Split(": ", 2))
        .FirstOrDefault(parts => parts[0].Equals(name, StringComparison.OrdinalIgnoreCase))?[1];

    // "1f\r\n", with the line that ended the chunk before it.
    private bool TryChunk()
    {
        var rest = _raw.AsSpan(_start, _end - _start);
        var skipped = rest.StartsWith("\r\n"u8) ? 2 : 0;
        var length = rest[skipped..].IndexOf("\r\n"u8);
        if (length < 0) { return false; }
        _left = long.Parse(rest.Slice(skipped, length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        if (_left > 0)
        {
            _start += skipped + length + 2;
            return true;
        }
        if (rest.Length < skipped + length + 4) { return false; }
        (_start, IsWhole) = (_start + skipped + length + 4, true);
        return true;
    }
}
