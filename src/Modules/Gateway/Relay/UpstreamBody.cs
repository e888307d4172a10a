using System.Net;
using System.Net.Http.Headers;

namespace Wopr.Gateway.Relay;

/// <summary>What a provider is asked. It knows whether it went out: before that, nobody can have worked on it.</summary>
internal sealed class UpstreamBody : HttpContent
{
    private static readonly MediaTypeHeaderValue s_json = new("application/json");

    private readonly ReadOnlyMemory<byte> _bytes;
    private volatile bool _isSent;

    public UpstreamBody(ReadOnlyMemory<byte> bytes)
    {
        _bytes = bytes;
        Headers.ContentType = s_json;
    }

    public bool IsSent => _isSent;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        _isSent = true;
        return stream.WriteAsync(_bytes, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _bytes.Length;
        return true;
    }
}
