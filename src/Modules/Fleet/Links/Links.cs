using System.Runtime.CompilerServices;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>Asks bots (<c>bot:ID</c>) and nodes (<c>node:ID</c>), wherever their links end.</summary>
internal sealed class Links(OpenLinks here, Forwarding elsewhere, InternalListener inside, Db db)
{
    /// <exception cref="LinkLostException">Nobody holds a link of it, or it went before the answer came.</exception>
    /// <exception cref="LinkRefusedException">The peer does not do it.</exception>
    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(string peer, Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct) =>
        here.Find(peer) is { } link
            ? await link.AskAsync(verb, ask, ct)
            : await elsewhere.AskAsync(await HolderAsync(peer, ct), peer, verb, ask, ct);

    /// <summary>Throws after the last item that came when it breaks off; follow again from there.</summary>
    /// <exception cref="LinkLostException">Nobody holds a link of it, or it went, or whoever reads here is too slow.</exception>
    /// <exception cref="LinkRefusedException">The peer does not do it.</exception>
    public async IAsyncEnumerable<TItem> FollowAsync<TAsk, TItem>(
        string peer, Feed<TAsk, TItem> feed, TAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        var items = here.Find(peer) is { } link
            ? link.FollowAsync(feed, ask, ct)
            : elsewhere.FollowAsync(await HolderAsync(peer, ct), peer, feed, ask, ct);
        await foreach (var item in items) { yield return item; }
    }

    private async Task<string> HolderAsync(string peer, CancellationToken ct)
    {
        var holder = await LinkSql.HolderAsync(db, peer, ct);
        // A row of our own without a link is one that just closed.
        return holder is null || holder == inside.Url ? throw new LinkLostException($"{peer} has no link to the platform now.") : holder;
    }
}
