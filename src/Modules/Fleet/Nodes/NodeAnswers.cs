using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What agents tell the platform.</summary>
/// <param name="receivers">Whoever wants to know what a node sees of its bots.</param>
internal sealed class NodeAnswers(Db db, IEnumerable<Func<LinkPeer, BotsSeen, CancellationToken, Task>> receivers, Keeping keeping)
{
    public void Add(LinkAnswers answers, LinkPeer peer)
    {
        if (peer.Kind != PeerKind.Node) { return; }
        answers.On(FleetVerbs.Hello, async (hello, ct) =>
        {
            if (hello.Node != peer.Id) { throw new ForeignSpeechException($"it said that it is node {hello.Node}"); }
            if (hello.Runtime is not ("process" or "docker"))
            {
                throw new LinkRefusedException(new("fleet.runtime", "A node's runtime is process or docker."));
            }
            await NodeSql.HelloAsync(db, hello, ct);
            return Nothing.Instance;
        });
        answers.On(FleetVerbs.Seen, async (seen, ct) =>
        {
            await NodeSql.SeenAsync(db, peer.Id, ct);
            foreach (var receive in receivers) { await receive(peer, seen, ct); }
            return Nothing.Instance;
        });
        answers.On(FleetVerbs.Keep, (segment, ct) => keeping.KeepAsync(peer, segment, ct));
    }
}

internal static class NodesSetup
{
    public static void AddNodes(this IServiceCollection services)
    {
        services.AddSingleton<SealedFiles>();
        services.AddSingleton(provider => provider.GetRequiredService<SealedFiles>().AsSealedStore());
        services.AddSingleton<Keeping>();
        services.AddExclusiveJob<ErasedFiles>("fleet-erased-files", every: TimeSpan.FromHours(1));
        services.AddSingleton<NodeAnswers>();
        services.AddSingleton(provider => new PeerAnswers(provider.GetRequiredService<NodeAnswers>().Add));
    }
}
