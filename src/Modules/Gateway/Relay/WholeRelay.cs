using System.Buffers;
using Wopr.Gateway.Routing;

namespace Wopr.Gateway.Relay;

/// <summary>A provider's answer in one piece: read to its end, so that it can be paid before it is given.</summary>
internal sealed class WholeRelay(Exchange exchange, Func<bool> isLeft, TimeProvider time) : IDisposable
{
    private const int BytesMax = 32 * 1024 * 1024;
    private const int FirstBytes = 16 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstBytes);
    private int _length;

    public ReadOnlyMemory<byte> Bytes => _bytes.AsMemory(0, _length);

    public TimeSpan? FirstByte { get; private set; }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    public async Task<Outcome> RunAsync(Stream stream, CancellationToken attempt)
    {
        try
        {
            while (await stream.ReadAsync(_bytes.AsMemory(_length), attempt) is var count and > 0)
            {
                exchange.Moved(time.GetTimestamp());
                FirstByte ??= time.GetElapsedTime(exchange.StartedAt);
                _length += count;
                if (_length == _bytes.Length && !Grow()) { return Outcome.NothingCame(Failure.BadAnswer); }
            }
        }
        catch (Exception error) when (error is IOException or HttpRequestException or OperationCanceledException)
        {
            if (isLeft()) { return Outcome.Left; }
            return Outcome.NothingCame(exchange.IsLate ? Failure.Timeout : Failure.Unreachable);
        }
        return exchange.Usage.Read(Bytes.Span) && !exchange.Usage.IsError ? Outcome.Whole : Outcome.NothingCame(Failure.BadAnswer);
    }

    private bool Grow()
    {
        if (_length >= BytesMax) { return false; }
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        Bytes.Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
        return true;
    }
}
