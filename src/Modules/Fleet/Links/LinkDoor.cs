using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Wopr.Audit;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>Lets bots and nodes in by their keys, and holds their links.</summary>
internal sealed class LinkDoor(
    LinkKeys keys, OpenLinks links, IEnumerable<PeerAnswers> features, IEnumerable<PeerNews> news, Db db, AuditLog audit,
    TimeProvider time, ILogger<LinkDoor> logger)
{
    private static readonly TimeSpan s_lastWords = TimeSpan.FromSeconds(30);

    private static readonly Problem s_noKey = new(ProblemKind.Unauthenticated, "link.key", "This is no key of a bot or a node.");

    private static readonly Problem s_noLink = new(ProblemKind.Invalid, "link.upgrade",
        $"Links are WebSockets that speak {Link.Version}.");

    private static readonly Problem s_leaving = new(ProblemKind.Unavailable, "link.leaving", "This replica is shutting down. Link to another.");

    public async Task ServeAsync(HttpContext context)
    {
        if (keys.Open(Bearer(context.Request)) is not { } peer) { await ProblemHttp.WriteAsync(context, s_noKey); return; }
        if (links.IsLeaving) { await ProblemHttp.WriteAsync(context, s_leaving); return; }
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(Link.Version)) { await ProblemHttp.WriteAsync(context, s_noLink); return; }

        var isOver = peer.Kind == PeerKind.Bot
            && await LinkSql.GenerationAsync(db, peer.BotId, context.RequestAborted) != peer.Generation;
        using var socket = await context.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = Link.Version,
            // The link keeps itself alive.
            KeepAliveInterval = Timeout.InfiniteTimeSpan,
        });
        Link? link = null;
        var address = context.Connection.RemoteIpAddress?.ToString();
        var answers = new LinkAnswers { Failed = (verb, error) => _ = FailedAsync(peer, link!, verb, error, address) };
        if (isOver) { AddLastWords(answers, peer); }
        else { foreach (var feature in features) { feature.Add(answers, peer); } }
        await using (link = new Link(socket, answers, time))
        {
            if (isOver) { await SayLastWordsAsync(link); }
            else { await HoldAsync(new(peer, link, Guid.CreateVersion7(time.GetUtcNow())), context.RequestAborted); }
        }
    }

    private async Task HoldAsync(OpenLink open, CancellationToken aborted)
    {
        // Before it is heard: what a peer says of itself goes into the row that this makes.
        var entered = await TryEnterAsync(open, aborted);
        var running = open.Link.RunAsync(CancellationToken.None);
        if (!entered)
        {
            await open.Link.CloseAsync("the platform cannot note it now");
            await running;
            return;
        }
        using var over = new CancellationTokenSource();
        var told = Task.WhenAll(news.Select(one => TellAsync(open.Peer, "opened", () => one.Opened(open.Peer, over.Token), over.Token)));
        await running;
        await over.CancelAsync();
        await links.LeaveAsync(open);
        await told;
        foreach (var one in news)
        {
            await TellAsync(open.Peer, "closed", () => one.Closed(open.Peer, CancellationToken.None), CancellationToken.None);
        }
    }

    private async Task<bool> TryEnterAsync(OpenLink open, CancellationToken aborted)
    {
        try
        {
            await links.EnterAsync(open, aborted);
            return true;
        }
        catch (Exception error)
        {
            LinkLog.NotEntered(logger, open.Peer.Name, error.Message.Split('\n')[0]);
            return false;
        }
    }

    private async Task TellAsync(LinkPeer peer, string what, Func<Task> tell, CancellationToken over)
    {
        try
        {
            await tell();
        }
        catch (Exception) when (over.IsCancellationRequested)
        {
            // The link is over, and so is what was done about it.
        }
        catch (Exception error)
        {
            LinkLog.NewsFailed(logger, peer.Name, what, error);
        }
    }

    /// <summary>A bot whose generation is over is told so, and nothing else.</summary>
    private static void AddLastWords(LinkAnswers answers, LinkPeer peer)
    {
        answers.On(HomeVerbs.Hello, (_, _) => Task.FromResult(Nothing.Instance));
        answers.On(HomeVerbs.Lease, (ask, _) => ask.Generation == peer.Generation
            ? Task.FromResult(new LeaseGiven(0))
            : throw new ForeignSpeechException($"it asked for a lease of generation {ask.Generation}"));
    }

    private async Task SayLastWordsAsync(Link link)
    {
        using var patience = new CancellationTokenSource(s_lastWords, time);
        await link.RunAsync(patience.Token);
    }

    private async Task FailedAsync(LinkPeer peer, Link link, string verb, Exception error, string? address)
    {
        if (error is not ForeignSpeechException foreign)
        {
            LinkLog.AnswerFailed(logger, verb, peer.Name, error);
            return;
        }
        LinkLog.Foreign(logger, peer.Name, foreign.Said);
        try
        {
            var actor = new Actor(peer.Kind == PeerKind.Bot ? ActorKind.Bot : ActorKind.Node, peer.Id) { IpAddress = address };
            Dictionary<string, string> details = new() { ["said"] = foreign.Said, ["verb"] = verb };
            await audit.WriteAsync(db, actor, new("fleet.link_foreign", peer.Name, Details: details), CancellationToken.None);
        }
        catch (Exception unwritten)
        {
            LinkLog.NotAudited(logger, peer.Name, unwritten);
        }
        await link.CloseAsync("it spoke for another");
    }

    private static string Bearer(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : "";
    }
}
