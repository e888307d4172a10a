using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Wopr.GatewayBench;

/// <summary>Where the load asks, and with which headers.</summary>
internal sealed class Target(string url, string model, string[] headers)
{
    private readonly Uri _url = new(url);

    /// <summary>The bytes of one request.</summary>
    public byte[] Request(bool streams)
    {
        var body = $$"""{"model":"{{model}}","max_tokens":256,"stream":{{(streams ? "true" : "false")}},"messages":[{"role":"user","content":"Hello"}]}""";
        string[] head =
        [
            $"POST {_url.AbsolutePath} HTTP/1.1", $"Host: {_url.Authority}", "Content-Type: application/json", $"Content-Length: {body.Length}", .. headers,
        ];
        return Encoding.ASCII.GetBytes($"{string.Join("\r\n", head)}\r\n\r\n{body}");
    }

    public Socket Connect()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Parse(_url.Host), _url.Port);
        return socket;
    }
}

internal static class Figures
{
    public static double At(this IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[(int)((sorted.Count - 1) * share)];
}
