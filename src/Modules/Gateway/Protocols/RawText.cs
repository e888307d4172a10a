using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>A JSON text that grows by pieces of others, each taken as it stood between its quotes.</summary>
internal sealed class RawText
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public bool IsEmpty => _bytes.WrittenCount == 0;

    public ReadOnlySpan<byte> Inside => _bytes.WrittenSpan;

    public RawText Add(ReadOnlySpan<byte> inside)
    {
        _bytes.Write(inside);
        return this;
    }

    public void WriteTo(Utf8JsonWriter writer)
    {
        var length = _bytes.WrittenCount + 2;
        var quoted = ArrayPool<byte>.Shared.Rent(length);
        quoted[0] = quoted[length - 1] = (byte)'"';
        _bytes.WrittenSpan.CopyTo(quoted.AsSpan(1));
        writer.WriteRawValue(quoted.AsSpan(0, length), skipInputValidation: true);
        ArrayPool<byte>.Shared.Return(quoted);
    }
}
