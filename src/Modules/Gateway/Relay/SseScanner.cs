using System.Buffers;

namespace Wopr.Gateway.Relay;

/// <summary>
/// Finds where server-sent events end in bytes that arrive in any pieces, whether lines end in LF, CR or both. It keeps
/// two bits of what was before, so it never looks at a byte twice and never holds one.
/// </summary>
internal struct SseScanner
{
    private static readonly SearchValues<byte> s_lineEnds = SearchValues.Create("\r\n"u8);

    private bool _lineIsEmpty;
    private bool _afterReturn;

    /// <summary>How many of the bytes end the event they belong to; -1 when none does, and all were looked at.</summary>
    public int FirstEnd(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        while (bytes[at..].IndexOfAny(s_lineEnds) is var next and >= 0)
        {
            if (next > 0) { (_lineIsEmpty, _afterReturn) = (false, false); }
            at += next;
            var sign = bytes[at++];
            if (sign == '\n' && _afterReturn)
            {
                // The second half of one line end.
                _afterReturn = false;
                continue;
            }
            var ends = _lineIsEmpty;
            (_lineIsEmpty, _afterReturn) = (true, sign == '\r');
            if (!ends) { continue; }
            if (_afterReturn && at < bytes.Length && bytes[at] == '\n') { (at, _afterReturn) = (at + 1, false); }
            return at;
        }
        if (at < bytes.Length) { (_lineIsEmpty, _afterReturn) = (false, false); }
        return -1;
    }
}
