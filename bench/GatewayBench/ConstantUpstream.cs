using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>
/// A provider that always says the same: at once, after 20 ms under a path with <c>/slow/</c>, and to who asks for a stream
/// in 64 pieces 20 ms apart. It counts what it served by the first part of the path, and tells at <c>/served/NAME</c>. One
/// thread does it all, so that little of the machine goes to what is not measured.
/// </summary>
internal sealed class ConstantUpstream
{
    public const int Deltas = 64;
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(20);

    private static readonly long s_pace = (long)(Pace.TotalSeconds * Stopwatch.Frequency);
    private static readonly byte[] s_answer = Whole("application/json", """
        {"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,"model":"constant","choices":[{"index":0,"message":{"role":"assistant","content":"The quick brown fox jumps over the lazy dog, and then it does so once more because it was asked to."},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":24,"total_tokens":36}}
        """);
    private static readonly byte[] s_lengthRequired = "HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"u8.ToArray();
    private static readonly byte[][] s_pieces = [.. Pieces()];

    private readonly Dictionary<string, long> _served = [];
    private readonly Dictionary<int, Connection> _connections = [];
    private readonly Schedule<Connection> _due = new();
    private readonly Readiness _readiness = new();

    public void Run(Uri url)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        listener.Bind(new IPEndPoint(IPAddress.Parse(url.Host), url.Port));
        listener.Listen(512);
        _readiness.Watch(listener, 0);
        Span<int> ready = stackalloc int[256];
        for (var last = 0; ;)
        {
            while (_due.TryTake(out var connection)) { Continue(connection); }
            foreach (var number in ready[.._readiness.Wait(_due.Next, ready)])
            {
                if (number > 0) { Read(number, _connections[number]); }
                else
                {
                    Socket socket = listener.Accept();
                    (socket.Blocking, socket.NoDelay) = (false, true);
                    _connections[++last] = new(socket);
                    _readiness.Watch(socket, last);
                }
            }
        }
    }

    private void Read(int number, Connection connection)
    {
        var count = connection.Socket.Receive(connection.Asked.AsSpan(connection.Length), SocketFlags.None, out var failure);
        if (failure == SocketError.WouldBlock) { return; }
        connection.Length += count;
        if (count == 0)
        {
            _connections.Remove(number);
            connection.Socket.Dispose();
        }
        else if (connection.IsWhole) { Answer(connection); }
    }

    private void Answer(Connection connection)
    {
        connection.Length = 0;
        var path = connection.Path;
        if (path.Length == 0)
        {
            connection.Send(s_lengthRequired);
            return;
        }
        if (path.StartsWith("/served/", StringComparison.Ordinal))
        {
            connection.Send(Whole("text/plain", $"{_served.GetValueOrDefault(path[8..])}"));
            return;
        }
        connection.Next = connection.WantsStream ? 0 : Deltas;
        if (connection.WantsStream || path.Contains("/slow/", StringComparison.Ordinal)) { Later(connection, Stopwatch.GetTimestamp() + s_pace); }
        else { Continue(connection); }
    }

    private void Later(Connection connection, long due)
    {
        connection.Due = due;
        _due.Add(connection, due);
    }

    private void Continue(Connection connection)
    {
        connection.Send(connection.WantsStream ? s_pieces[connection.Next++] : s_answer);
        if (connection.Next < Deltas) { Later(connection, connection.Due + s_pace); }
        else
        {
            var path = connection.Path;
            var name = path[1..path.IndexOf('/', 1)];
            _served[name] = _served.GetValueOrDefault(name) + 1;
        }
    }

    private static byte[] Whole(string type, string body) =>
        Encoding.UTF8.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}");

    // The first comes with the head and the last with the end, as servers do that gather what is there.
    private static IEnumerable<byte[]> Pieces()
    {
        const string head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
        string Choice(string delta, string finish) =>
            $$"""data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"constant","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""" + "\n\n";
        var end = Chunk(Choice("{}", "\"stop\"")) + Chunk("""
            data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1700000000,"model":"constant","choices":[],"usage":{"prompt_tokens":12,"completion_tokens":64,"total_tokens":76}}
            """ + "\n\n") + Chunk("data: [DONE]\n\n") + "0\r\n\r\n";
        for (var number = 0; number < Deltas; number++)
        {
            var piece = Chunk(Choice($$"""{"content":"word{{number}} "}""", "null"));
            yield return Encoding.UTF8.GetBytes((number == 0 ? head : "") + piece + (number == Deltas - 1 ? end : ""));
        }
    }

    private static string Chunk(string text) => $"{Encoding.UTF8.GetByteCount(text).ToString("x", CultureInfo.InvariantCulture)}\r\n{text}\r\n";

    private sealed class Connection(Socket socket)
    {
        public Socket Socket => socket;
        public byte[] Asked { get; } = new byte[16 * 1024];
        public int Length { get; set; }
        public string Path { get; private set; } = "";
        public bool WantsStream { get; private set; }
        public int Next { get; set; }
        public long Due { get; set; }

        /// <summary>Reads what is asked for, once all of it is there; no path when its body's length is not told.</summary>
        public bool IsWhole
        {
            get
            {
                var asked = Asked.AsSpan(0, Length);
                if (asked.IndexOf("\r\n\r\n"u8) is not (var head and >= 0)) { return false; }
                var text = Encoding.ASCII.GetString(asked[..head]);
                const string name = "content-length:";
                var at = text.IndexOf(name, StringComparison.OrdinalIgnoreCase);
                if (at < 0 && text.StartsWith("POST", StringComparison.Ordinal))
                {
                    Path = "";
                    return true;
                }
                var rest = at < 0 ? "0" : text[(at + name.Length)..];
                var length = int.Parse(rest.IndexOf('\r') is var end and >= 0 ? rest[..end] : rest, CultureInfo.InvariantCulture);
                if (asked.Length < head + 4 + length) { return false; }
                Path = text.Split(' ', 3)[1];
                WantsStream = asked[(head + 4)..].IndexOf("\"stream\":true"u8) >= 0;
                return true;
            }
        }

        // Whoever left hears nothing; the next read tells.
        public void Send(byte[] bytes)
        {
            if (socket.SafeHandle.IsClosed) { return; }
            var sent = socket.Send(bytes, SocketFlags.None, out var failure);
            if (failure == SocketError.Success && sent < bytes.Length) { throw new InvalidOperationException("A reader is too slow for this upstream."); }
        }
    }
}
