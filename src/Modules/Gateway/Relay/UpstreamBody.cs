using System.Net;
using System.Net.Http.Headers;

namespace Wopr.Gateway.Relay;

/// <summary>
/// What a provider is asked. It went out, or it was kept back, and never both: of what was kept back nobody can have
/// worked on anything.
/// </summary>
internal sealed class UpstreamBody : HttpContent
{
    private const int Sent = 1, KeptBack = 2;

    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly ReadOnlyMemory<byte> _bytes;
    private int _state;

    public UpstreamBody(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        Headers.ContentType = s_json;
    }

    public bool IsSent => Volatile.Read(ref _state) == Sent;

    public bool IsKeptBack => Volatile.Read(ref _state) == KeptBack;

    /// <summary>False when it went out already.</summary>
    public bool TryKeepBack() => Interlocked.CompareExchange(ref _state, KeptBack, 0) != Sent;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (Interlocked.CompareExchange(ref _state, Sent, 0) == KeptBack) { throw new OperationCanceledException("Its caller left."); }
        return stream.WriteAsync(_bytes, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
