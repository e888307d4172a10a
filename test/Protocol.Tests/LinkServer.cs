using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Wopr.Protocol.Tests;

/// <summary>The other end of links, on Kestrel.</summary>
internal sealed class LinkServer : IAsyncDisposable
{
    public const string Key = "right";

    private readonly Channel<Link> _links = Channel.CreateUnbounded<Link>();
    private readonly WebApplication _app;

    private LinkServer(int port)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Map(LinkTarget.Path, ServeAsync);
    }

    public string Speaks { get; set; } = Link.Version;

    public byte[] Kept { get; private set; } = [];

    public Uri Url => new(_app.Urls.First());

    public int Port => Url.Port;

    public static async Task<LinkServer> StartAsync(int port)
    {
        var server = new LinkServer(port);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask<Link> NextAsync(CancellationToken ct) => _links.Reader.ReadAsync(ct);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != $"Bearer {Key}")
        {
            context.Response.StatusCode = 401;
            return;
        }
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(Speaks))
        {
            context.Response.StatusCode = 400;
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = Link.Version,
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
        });
        var answers = new LinkAnswers();
        answers.On(HomeVerbs.Lease, (_, _) => Task.FromResult(new LeaseGiven(15)));
        answers.On(FleetVerbs.Keep, (segment, _) =>
        {
            Kept = segment.Bytes;
            return Task.FromResult(new SegmentKept(segment.Bytes.Length));
        });
        await using var link = new Link(socket, answers, TimeProvider.System);
        _links.Writer.TryWrite(link);
        await link.RunAsync(context.RequestAborted);
    }
}
