using System.Buffers;

namespace Wopr.Gateway.Protocols;

/// <summary>Writes every event down as it came.</summary>
internal sealed class SameStream : StreamTranslation
{
    public override void Next(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        if (!name.IsEmpty) { Line("event: "u8, name, output); }
        foreach (var line in data.Split((byte)'\n')) { Line("data: "u8, data[line], output); }
        output.Write("\n"u8);
    }

    public override void End(IBufferWriter<byte> output)
    {
    }

    private static void Line(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, IBufferWriter<byte> output)
    {
        output.Write(field);
        output.Write(value);
        output.Write("\n"u8);
    }
}
