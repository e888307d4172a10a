using System.Net.WebSockets;
using System.Text.Json;

namespace Wopr.Bot.Channels;

/// <summary>A WebSocket to a chat service: JSON both ways, and nothing that the other end does makes it grow or hang.</summary>
internal sealed class ChatSocket : IDisposable
{
    private const int FrameBytesMax = 1024 * 1024;
    private const int KeptBytes = 4096;
    private static readonly TimeSpan s_connectMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan s_sendMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_farewellMax = TimeSpan.FromSeconds(1);

    private readonly ClientWebSocket _socket;
    private readonly string _service;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _sending = new(1);
    private byte[] _buffer = new byte[KeptBytes];

    private ChatSocket(ClientWebSocket socket, string service, TimeProvider time) => (_socket, _service, _time) = (socket, service, time);

    /// <summary>What the other end closed with.</summary>
    public int CloseCode => (int?)_socket.CloseStatus ?? 0;

    /// <param name="keepAlive">How often it is asked whether it is there; null when the service has its own way.</param>
    public static async Task<ChatSocket> OpenAsync(
        ChannelContext context, string service, Uri address, TimeSpan? keepAlive, CancellationToken ct)
    {
        ClientWebSocket socket = new();
        socket.Options.KeepAliveInterval = keepAlive ?? TimeSpan.Zero;
        if (keepAlive is not null) { socket.Options.KeepAliveTimeout = keepAlive.Value; }
        using CancellationTokenSource patience = new(s_connectMax, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        try
        {
            await socket.ConnectAsync(address, context.Http, either.Token);
            return new(socket, service, context.Time);
        }
        catch (Exception fault)
        {
            socket.Dispose();
            ct.ThrowIfCancellationRequested();
            throw new ChannelException($"{service} cannot be reached.", cause: fault);
        }
    }

    /// <summary>The next frame; null when the other end closed, or the line broke.</summary>
    /// <exception cref="ChannelException">It is none that a chat service sends.</exception>
    public async Task<JsonElement?> ReceiveAsync(CancellationToken ct)
    {
        if (_buffer.Length > KeptBytes) { _buffer = new byte[KeptBytes]; }
        var length = 0;
        try
        {
            while (true)
            {
                if (length == _buffer.Length) { Array.Resize(ref _buffer, Math.Min(2 * length, FrameBytesMax + 1)); }
                var got = await _socket.ReceiveAsync(_buffer.AsMemory(length), ct);
                if (got.MessageType == WebSocketMessageType.Close) { return null; }
                length += got.Count;
                if (length > FrameBytesMax) { throw Nonsense(); }
                if (!got.EndOfMessage) { continue; }
                if (got.MessageType != WebSocketMessageType.Text) { throw Nonsense(); }
                return Parse(_buffer.AsSpan(0, length)) is { ValueKind: JsonValueKind.Object } frame ? frame : throw Nonsense();
            }
        }
        // Also when it was aborted here.
        catch (Exception fault) when (IsCut(fault, ct)) { return null; }
    }

    /// <summary>A line that takes nothing for ten seconds is cut.</summary>
    public async Task SendAsync(byte[] frame, CancellationToken ct)
    {
        using CancellationTokenSource patience = new(s_sendMax, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
        await _sending.WaitAsync(ct);
        try
        {
            await _socket.SendAsync(frame, WebSocketMessageType.Text, endOfMessage: true, either.Token);
        }
        // Whoever receives learns that it is over.
        catch (Exception fault) when (IsCut(fault, ct))
        {
            _socket.Abort();
        }
        finally
        {
            _sending.Release();
        }
    }

    public void Abort() => _socket.Abort();

    /// <summary>Says that it goes, without waiting for an answer.</summary>
    public async Task CloseAsync(int code)
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) { return; }
        using CancellationTokenSource patience = new(s_farewellMax, _time);
        try { await _socket.CloseOutputAsync((WebSocketCloseStatus)code, null, patience.Token); }
        catch (Exception fault) when (IsCut(fault, CancellationToken.None)) { }
    }

    private static bool IsCut(Exception fault, CancellationToken ct) => fault is WebSocketException or ObjectDisposedException
        || (fault is OperationCanceledException && !ct.IsCancellationRequested);

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
    }

    private ChannelException Nonsense() => new($"{_service} sent something that cannot be read. It is tried again.");

    private static JsonElement? Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            Utf8JsonReader reader = new(text);
            var frame = JsonElement.ParseValue(ref reader);
            return reader.Read() ? null : frame;
        }
        catch (JsonException) { return null; }
    }
}
