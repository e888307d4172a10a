using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What is heard over links, brought to whom it concerns.</summary>
internal sealed class FleetNews(Db db, Reconciler reconciler, NodeTeller teller, TurnDelivery turns, LetterDelivery letters)
{
    private const int BotsMax = 5_000;

    public void Answer(LinkAnswers answers, LinkPeer peer)
    {
        if (peer.Kind != PeerKind.Bot) { return; }
        answers.On(HomeVerbs.Ended, (ended, ct) => turns.HearAsync(peer.BotId, ended, ct));
    }

    public Task OpenedAsync(LinkPeer peer, CancellationToken ct)
    {
        if (peer.Kind == PeerKind.Node)
        {
            teller.Tell(peer.Id, whole: true);
            return letters.NudgeAsync(peer.Id, ct);
        }
        reconciler.Nudge(peer.BotId);
        turns.Nudge(peer.BotId, whole: true);
        letters.Nudge(peer.BotId);
        return Task.CompletedTask;
    }

    /// <summary>What a node sees of its bots.</summary>
    public async Task SeenAsync(LinkPeer node, BotsSeen seen, CancellationToken ct)
    {
        if (seen.Bots.Count > BotsMax) { throw new LinkRefusedException(new("fleet.too_many", $"Tell of at most {BotsMax} bots at once.")); }
        if (seen.Bots.Count == 0) { return; }
        foreach (var bot in await ReconcileSql.SawAsync(db, node.Id, seen.Bots, ct)) { reconciler.Nudge(bot); }
    }
}
