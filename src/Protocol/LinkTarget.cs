using System.Net.WebSockets;

namespace Wopr.Protocol;

/// <summary>Whom to dial, and as whom.</summary>
/// <param name="platform">The platform's address, such as http://localhost:3100.</param>
/// <param name="key">What proves who dials. It is sent, and never shown.</param>
public sealed class LinkTarget(Uri platform, string key, TimeProvider time)
{
    /// <summary>Where the platform takes links.</summary>
    public const string Path = "/internal/link";

    public TimeProvider Time => time;

    /// <summary>Hears, in sentences, when a link opens and when it is lost.</summary>
    public Action<string> Says { get; init; } = _ => { };

    internal Uri Address { get; } = new UriBuilder(new Uri(platform, Path))
    {
        Scheme = platform.Scheme is "https" or "wss" ? "wss" : "ws",
    }.Uri;

    internal async Task<IFrames> DialAsync(CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(Link.Version);
            socket.Options.SetRequestHeader("Authorization", $"Bearer {key}");
            // The link keeps itself alive.
            socket.Options.KeepAliveInterval = TimeSpan.Zero;
            socket.Options.CollectHttpResponseDetails = true;
            if (Address.IsLoopback) { socket.Options.Proxy = null; }
            await socket.ConnectAsync(Address, ct);
            return new SocketFrames(socket);
        }
        catch (WebSocketException error)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            throw new LinkLostException(Sentence(status, error), error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static string Sentence(int status, WebSocketException error) => status switch
    {
        401 or 403 => $"the platform does not accept the key ({status})",
        503 => "the platform takes no links now (503)",
        >= 300 => $"the platform answers {status}",
        _ => (error.InnerException ?? error).Message,
    };
}
