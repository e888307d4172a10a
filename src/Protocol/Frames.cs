using System.Net.WebSockets;
using System.Text;

namespace Wopr.Protocol;

/// <summary>What carries frames: a WebSocket, or in tests something that loses, repeats and delays them.</summary>
internal interface IFrames : IDisposable
{
    /// <summary>What the other end said when it closed.</summary>
    string? Farewell { get; }

    /// <summary>The next frame, good until the next call; null when the other end closed.</summary>
    /// <exception cref="FrameException">What came is none.</exception>
    ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync();

    /// <summary>One at a time.</summary>
    Task SendAsync(ReadOnlyMemory<byte> frame);

    Task CloseAsync(string why, CancellationToken ct);

    /// <summary>Ends what is being received and sent.</summary>
    void Abort();
}

internal sealed class SocketFrames(WebSocket socket) : IFrames
{
    private const int FarewellCharsMax = 120;
    private const int KeptBytes = 4096;

    private byte[] _buffer = new byte[KeptBytes];

    public string? Farewell { get; private set; }

    public async ValueTask<ReadOnlyMemory<byte>?> ReceiveAsync()
    {
        if (_buffer.Length > KeptBytes) { _buffer = new byte[KeptBytes]; }
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length) { Array.Resize(ref _buffer, Math.Min(2 * length, Frame.BytesMax + 1)); }
            var got = await socket.ReceiveAsync(_buffer.AsMemory(length), CancellationToken.None);
            if (got.MessageType == WebSocketMessageType.Close)
            {
                Farewell = string.IsNullOrEmpty(socket.CloseStatusDescription) ? null : socket.CloseStatusDescription;
                return null;
            }
            if (got.MessageType != WebSocketMessageType.Text) { throw new FrameException("a frame was not text"); }
            length += got.Count;
            if (length > Frame.BytesMax) { throw new FrameException("a frame was too large"); }
            if (got.EndOfMessage) { return _buffer.AsMemory(0, length); }
        }
    }

    public async Task SendAsync(ReadOnlyMemory<byte> frame) =>
        await socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    public async Task CloseAsync(string why, CancellationToken ct)
    {
        if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) { return; }
        var status = why == Link.GoingAway ? WebSocketCloseStatus.EndpointUnavailable : WebSocketCloseStatus.NormalClosure;
        await socket.CloseOutputAsync(status, Fitting(why), ct);
    }

    public void Abort() => socket.Abort();

    public void Dispose() => socket.Dispose();

    private static string Fitting(string why)
    {
        var ascii = Encoding.ASCII.GetString(Encoding.ASCII.GetBytes(why));
        return ascii.Length <= FarewellCharsMax ? ascii : ascii[..FarewellCharsMax];
    }
}
