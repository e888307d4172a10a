using System.Buffers;
using System.Text.Json;

namespace Wopr.Gateway.Protocols;

/// <summary>Writes server-sent events, each with one line of JSON.</summary>
internal sealed class EventWriter
{
    private IBufferWriter<byte> _output = new ArrayBufferWriter<byte>(1);

    public Utf8JsonWriter To { get; } = new(Stream.Null, Writing.Options);

    /// <summary>Begins an event; its object is open until <see cref="End"/>.</summary>
    /// <param name="name">Empty for an event without one.</param>
    public Utf8JsonWriter Begin(IBufferWriter<byte> output, ReadOnlySpan<byte> name)
    {
        _output = output;
        if (!name.IsEmpty)
        {
            output.Write("event: "u8);
            output.Write(name);
            output.Write("\n"u8);
        }
        output.Write("data: "u8);
        To.Reset(output);
        To.WriteStartObject();
        if (!name.IsEmpty) { To.WriteString("type"u8, name); }
        return To;
    }

    public void End()
    {
        To.WriteEndObject();
        To.Flush();
        _output.Write("\n\n"u8);
    }
}
