using System.Buffers;

namespace Wopr.Gateway.Protocols;

/// <summary>Two translations one after the other, over chat.</summary>
internal sealed class ChainedStream(ChatStream first, StreamTranslation second) : StreamTranslation
{
    private readonly ArrayBufferWriter<byte> _between = new();

    public override void Next(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, IBufferWriter<byte> output)
    {
        first.Next(name, data, _between);
        Pass(output);
    }

    public override void End(IBufferWriter<byte> output)
    {
        first.End(_between);
        Pass(output);
        second.End(output);
    }

    // The first one writes each event as one line and never a name.
    private void Pass(IBufferWriter<byte> output)
    {
        var written = _between.WrittenSpan;
        foreach (var range in written.Split((byte)'\n'))
        {
            var line = written[range];
            if (line.StartsWith("data: "u8)) { second.Next(default, line["data: ".Length..], output); }
        }
        _between.ResetWrittenCount();
    }
}
