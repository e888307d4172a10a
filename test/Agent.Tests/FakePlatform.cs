using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Protocol;

namespace Wopr.Agent.Tests;

/// <summary>The platform's end of an agent's link: says what bots should be, and remembers what it is told.</summary>
internal sealed class FakePlatform : IAsyncDisposable
{
    public const string NodeSecret = "nodes-of-tests-share-this-0123456789";
    public const string Node = "test-node";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, BotSpec> _wanted = new();
    private readonly ConcurrentDictionary<string, byte[]> _kept = new();
    private volatile Link? _link;
    private volatile BotsSeen _seen = new([]);

    private FakePlatform()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.UseWebSockets();
        _app.Map(LinkTarget.Path, ServeAsync);
    }

    public string Url => _app.Urls.First();

    public NodeHello? Hello { get; private set; }

    /// <summary>The newest report.</summary>
    public BotsSeen Seen => _seen;

    public Link Link => _link ?? throw new InvalidOperationException("No agent is linked.");

    public bool IsLinked => _link is { Why: null };

    public static async Task<FakePlatform> StartAsync()
    {
        var platform = new FakePlatform();
        await platform._app.StartAsync();
        return platform;
    }

    public async Task WantAsync(params BotSpec[] specs)
    {
        foreach (var spec in specs) { _wanted[spec.Name] = spec; }
        if (_link is { Why: null } link) { await TellAsync(link); }
    }

    /// <summary>Also what it would never say by itself.</summary>
    public Task SayAsync(BotSpec spec) => Link.AskAsync(NodeVerbs.Bots, new([spec]), CancellationToken.None);

    public string Kept(string path) => _kept.TryGetValue(path, out var bytes) ? Encoding.UTF8.GetString(bytes) : "";

    public IEnumerable<string> KeptPaths => _kept.Keys;

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(0);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private Task TellAsync(Link link) => link.AskAsync(NodeVerbs.Bots, new([.. _wanted.Values]), CancellationToken.None);

    private async Task ServeAsync(HttpContext context)
    {
        var mac = HMACSHA256.HashData(Encoding.UTF8.GetBytes(NodeSecret), Encoding.UTF8.GetBytes($"node-link:{Node}"));
        if (context.Request.Headers.Authorization != $"Bearer wopr_node_{Node}_{Convert.ToHexStringLower(mac)}")
        {
            context.Response.StatusCode = 401;
            return;
        }
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = Link.Version });
        var answers = new LinkAnswers();
        answers.On(FleetVerbs.Hello, (hello, _) =>
        {
            Hello = hello;
            return Task.FromResult(Nothing.Instance);
        });
        answers.On(FleetVerbs.Seen, (seen, _) =>
        {
            _seen = seen;
            return Task.FromResult(Nothing.Instance);
        });
        answers.On(FleetVerbs.Keep, (segment, _) => Task.FromResult(Keep(segment)));
        await using var link = new Link(socket, answers, TimeProvider.System);
        var running = link.RunAsync(CancellationToken.None);
        _link = link;
        try { await TellAsync(link); }
        catch (LinkLostException) { }
        await running;
    }

    private SegmentKept Keep(Segment segment)
    {
        var kept = _kept.GetValueOrDefault(segment.Path, []);
        if (segment.Offset > kept.Length || segment.Offset + segment.Bytes.Length <= kept.Length) { return new(kept.Length); }
        kept = [.. kept, .. segment.Bytes[(int)(kept.Length - segment.Offset)..]];
        _kept[segment.Path] = kept;
        return new(kept.Length);
    }
}
