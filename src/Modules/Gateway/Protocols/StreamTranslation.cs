using System.Buffers;

namespace Wopr.Gateway.Protocols;

/// <summary>Turns the events of one stream into those of another format, one after the other.</summary>
internal abstract class StreamTranslation
{
    /// <summary>One event of the provider; what the caller is to get is appended as server-sent events.</summary>
    /// <param name="name">The event's name; empty when it has none.</param>
    /// <param name="data">All of its data lines, joined by line feeds.</param>
    public abstract void Next(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data, IBufferWriter<byte> output);

    /// <summary>After the last event; whatever the caller's format still wants to be closed.</summary>
    public abstract void End(IBufferWriter<byte> output);
}
