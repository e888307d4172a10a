using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Wopr.Sandbox;

/// <summary>One connection of a chat service: what is sent goes out in its order, without anybody waiting for it.</summary>
internal sealed class LiveSocket(WebSocket socket) : IDisposable
{
    private const int QueueMax = 10_000;
    private static readonly TimeSpan s_farewellMax = TimeSpan.FromSeconds(2);

    private readonly Channel<object> _queue = Channel.CreateBounded<object>(QueueMax);

    private sealed record Farewell(int Code, string Reason);

    /// <summary>What the other end closed with; null while it did not.</summary>
    public int? ClosedWith { get; private set; }

    public void Send(JsonObject frame) => SendText(frame.ToJsonString(ChatJson.Writing));

    public void SendText(string frame)
    {
        // Whoever reads nothing for so long is cut off.
        if (!_queue.Writer.TryWrite(frame)) { socket.Abort(); }
    }

    /// <summary>After what was sent before.</summary>
    public void Close(int code, string reason)
    {
        _queue.Writer.TryWrite(new Farewell(code, reason));
        _queue.Writer.TryComplete();
    }

    /// <summary>As a cable that is pulled: no word of it.</summary>
    public void Abort()
    {
        _queue.Writer.TryComplete();
        socket.Abort();
    }

    /// <summary>Sends what is to be sent, until it is closed.</summary>
    public async Task PumpAsync(CancellationToken ct)
    {
        try
        {
            await foreach (var next in _queue.Reader.ReadAllAsync(ct))
            {
                if (next is Farewell farewell)
                {
                    await socket.CloseOutputAsync((WebSocketCloseStatus)farewell.Code, farewell.Reason, ct);
                    // Then it is up to the other end, for a moment.
                    await Task.Delay(s_farewellMax, ct);
                    socket.Abort();
                    return;
                }
                await socket.SendAsync(Encoding.UTF8.GetBytes((string)next), WebSocketMessageType.Text, endOfMessage: true, ct);
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or ObjectDisposedException) { }
    }

    /// <summary>The next text; null when it is over. Too long a text is an empty one.</summary>
    public async Task<string?> ReceiveAsync(int bytesMax, CancellationToken ct)
    {
        var buffer = new byte[4096];
        using MemoryStream text = new();
        try
        {
            while (true)
            {
                var got = await socket.ReceiveAsync(buffer.AsMemory(), ct);
                if (got.MessageType == WebSocketMessageType.Close)
                {
                    ClosedWith = (int?)socket.CloseStatus;
                    if (socket.State == WebSocketState.CloseReceived)
                    {
                        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
                    }
                    return null;
                }
                if (text.Length <= bytesMax) { text.Write(buffer.AsSpan(0, got.Count)); }
                if (got.EndOfMessage) { return text.Length > bytesMax ? "" : Encoding.UTF8.GetString(text.ToArray()); }
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException) { return null; }
    }

    public void Dispose()
    {
        _queue.Writer.TryComplete();
        socket.Dispose();
    }
}

/// <summary>What chat services write: nulls and all, and letters as they are.</summary>
internal static class ChatJson
{
    public static JsonSerializerOptions Writing { get; } =
        new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IResult Answer(JsonNode body, int status = StatusCodes.Status200OK) =>
        Results.Text(body.ToJsonString(Writing), "application/json", statusCode: status);

    /// <summary>Null: it is no JSON object.</summary>
    public static JsonObject? Read(string text)
    {
        try { return JsonNode.Parse(text) as JsonObject; }
        catch (JsonException) { return null; }
    }

    public static string? Text(this JsonObject from, string name) =>
        from[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long? Number(this JsonObject from, string name) =>
        from[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    public static bool IsSet(this JsonObject from, string name) =>
        from[name] is JsonValue value && value.TryGetValue<bool>(out var isSet) && isSet;
}
