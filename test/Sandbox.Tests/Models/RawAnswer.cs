using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Wopr.Testing;

namespace Wopr.Sandbox.Tests.Models;

internal enum Ending
{
    /// <summary>The answer came to the end it announced.</summary>
    Whole,

    /// <summary>The connection was closed in order, before that end.</summary>
    Closed,

    /// <summary>The connection was broken off.</summary>
    Reset,

    /// <summary>Nothing more came.</summary>
    Silent,
}

/// <summary>An answer as the network sees it.</summary>
/// <param name="Head">The status line and the headers; empty when none came.</param>
/// <param name="Body">Without the transfer's framing.</param>
/// <param name="Chunks">The length of each chunk of the transfer: what was written at once.</param>
internal sealed record RawAnswer(string Head, string Body, IReadOnlyList<int> Chunks, Ending Ending)
{
    /// <summary>The events that came whole, with their lines.</summary>
    public string[] Events => [.. Body.ReplaceLineEndings("\n").Split("\n\n")[..^1]];

    /// <summary>What came of an event that did not come whole.</summary>
    public string Rest => Body.ReplaceLineEndings("\n").Split("\n\n")[^1];

    public static async Task<RawAnswer> AskAsync(
        string url, string path, string body, TimeSpan? patience, CancellationToken ct)
    {
        var at = new Uri(url);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(at.Host, at.Port, ct);
        var stream = tcp.GetStream();
        var bytes = Encoding.UTF8.GetBytes(body);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer some-key-0123\r\nanthropic-version: 2023-06-01\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {bytes.Length}\r\n\r\n"), ct);
        await stream.WriteAsync(bytes, ct);

        using var got = new MemoryStream();
        var buffer = new byte[1 << 16];
        while (true)
        {
            if (IsWhole(got)) { return Of(got, Ending.Whole); }
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(ct);
            silence.CancelAfter(patience ?? Patience.Max);
            try
            {
                var read = await stream.ReadAsync(buffer, silence.Token);
                if (read == 0) { return Of(got, Ending.Closed); }
                got.Write(buffer, 0, read);
            }
            catch (IOException error) when (error.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
            {
                return Of(got, Ending.Reset);
            }
            catch (OperationCanceledException) when (!ct.IsCancellationRequested)
            {
                return Of(got, Ending.Silent);
            }
        }
    }

    private static bool IsWhole(MemoryStream got)
    {
        var text = Encoding.Latin1.GetString(got.GetBuffer(), 0, (int)got.Length);
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) { return false; }
        var length = text.IndexOf("Content-Length: ", StringComparison.Ordinal);
        if (length < 0 || length > end) { return text.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal); }
        length += "Content-Length: ".Length;
        return text.Length >= end + 4
            + int.Parse(text[length..text.IndexOf('\r', length)], CultureInfo.InvariantCulture);
    }

    private static RawAnswer Of(MemoryStream got, Ending ending)
    {
        var text = Encoding.Latin1.GetString(got.ToArray());
        var end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        if (end < 0) { return new(text, "", [], ending); }
        var (head, rest) = (text[..end], text[(end + 4)..]);
        if (!head.Contains("chunked", StringComparison.Ordinal)) { return new(head, Utf8(rest), [], ending); }
        var body = new StringBuilder();
        List<int> chunks = [];
        while (rest.IndexOf('\r', StringComparison.Ordinal) is var line and > 0)
        {
            var size = int.Parse(rest[..line], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0) { break; }
            chunks.Add(size);
            body.Append(rest.AsSpan(line + 2, size));
            rest = rest[(line + 2 + size + 2)..];
        }
        return new(head, Utf8(body.ToString()), chunks, ending);
    }

    private static string Utf8(string latin) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));
}
