using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal enum PeerKind { Bot, Node }

/// <summary>Who is at the other end of a link, as its key proves.</summary>
/// <param name="Generation">Of a bot; 0 for a node.</param>
internal sealed record LinkPeer(PeerKind Kind, string Id, int Generation)
{
    /// <summary>How <see cref="Links"/> calls it: bot:ID or node:ID.</summary>
    public string Name => $"{Sql.Name(Kind)}:{Id}";

    public Guid BotId => Kind == PeerKind.Bot ? Guid.Parse(Id) : throw new InvalidOperationException($"{Name} is no bot.");

    public static LinkPeer Bot(Guid id, int generation) => new(PeerKind.Bot, id.ToString(), generation);

    public static LinkPeer Node(string id) => new(PeerKind.Node, id, 0);
}

/// <summary>What a feature answers to peers: it adds to the answers of every link that opens. Any number are registered.</summary>
internal sealed record PeerAnswers(Action<LinkAnswers, LinkPeer> Add);

/// <summary>Tells a feature of links of this replica that opened and closed. Any number are registered.</summary>
internal sealed record PeerNews
{
    /// <summary>The peer can be asked; the token is cancelled when its link is over.</summary>
    public Func<LinkPeer, CancellationToken, Task> Opened { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>It may be back already, here or elsewhere.</summary>
    public Func<LinkPeer, CancellationToken, Task> Closed { get; init; } = (_, _) => Task.CompletedTask;
}

/// <summary>Thrown by an answer when a peer speaks for another than its key is for: the link is closed, and audited.</summary>
internal sealed class ForeignSpeechException(string said) : Exception($"A peer spoke for another: {said}.")
{
    public string Said => said;
}
