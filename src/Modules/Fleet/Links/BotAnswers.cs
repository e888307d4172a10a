using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What every bot asks of its platform first, and then for as long as it lives.</summary>
internal sealed class BotAnswers(LeaseDesk leases, Db db)
{
    private const int VersionLengthMax = 64;

    public void Add(LinkAnswers answers, LinkPeer peer)
    {
        if (peer.Kind != PeerKind.Bot) { return; }
        answers.On(HomeVerbs.Hello, async (hello, ct) =>
        {
            if (hello.BotId != peer.BotId || hello.Generation != peer.Generation)
            {
                throw new ForeignSpeechException($"it said that it is bot {hello.BotId} of generation {hello.Generation}");
            }
            var version = hello.Version.Length <= VersionLengthMax ? hello.Version : hello.Version[..VersionLengthMax];
            await LinkSql.SayVersionAsync(db, peer, version, ct);
            return Nothing.Instance;
        });
        answers.On(HomeVerbs.Lease, (ask, ct) => ask.Generation == peer.Generation
            ? leases.AskAsync(peer, ct)
            : throw new ForeignSpeechException($"it asked for a lease of generation {ask.Generation}"));
    }
}
