using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Asks a bot over its link, or, while it does not run, has its node start its program for the answer. Who is lost in
/// between is asked again: all verbs may be.
/// </summary>
internal sealed class BotLine(Links links)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <exception cref="LinkLostException">Neither the bot nor its node can be asked now.</exception>
    /// <exception cref="LinkRefusedException">The bot does not do it.</exception>
    public async Task<TAnswer> AskAsync<TAsk, TAnswer>(Bot bot, Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        try
        {
            return await InTimeAsync(token => links.AskAsync(bot.Link, verb, ask, token), ct);
        }
        catch (LinkLostException) when (IsAtRest(bot, verb.Name))
        {
            var rested = await InTimeAsync(token => AtNodeAsync(bot, verb.Name, JsonSerializer.SerializeToElement(ask, verb.Ask), token), ct);
            return Read(rested, verb.Answer);
        }
    }

    /// <summary>The same for what goes on. It ends with <see cref="LinkLostException"/> when who tells is lost.</summary>
    public async IAsyncEnumerable<TItem> FollowAsync<TAsk, TItem>(
        Bot bot, Feed<TAsk, TItem> feed, TAsk ask, [EnumeratorCancellation] CancellationToken ct)
    {
        var items = links.FollowAsync(bot.Link, feed, ask, ct).GetAsyncEnumerator(ct);
        await using (items)
        {
            if (await BeginAsync(items, IsAtRest(bot, feed.Name)) is { } isThere)
            {
                for (var goesOn = isThere; goesOn; goesOn = await items.MoveNextAsync()) { yield return items.Current; }
                yield break;
            }
        }
        RestAsk asked = new(bot.Id, bot.Generation, feed.Name, JsonSerializer.SerializeToElement(ask, feed.Ask));
        await foreach (var item in links.FollowAsync($"node:{bot.NodeId}", NodeVerbs.Follow, asked, ct)) { yield return Read(item, feed.Item); }
    }

    private async Task<RestAnswer> AtNodeAsync(Bot bot, string verb, JsonElement ask, CancellationToken ct)
    {
        try
        {
            return await links.AskAsync($"node:{bot.NodeId}", NodeVerbs.Ask, new(bot.Id, bot.Generation, verb, ask), ct);
        }
        // The node cannot have it asked now: it runs and is not linked yet, or is on its way; or the agent is of an older release.
        catch (LinkRefusedException refused) when (refused.Problem.Code == "link.unknown_verb"
            || (refused.Problem.IsPassing && refused.Problem.Code.StartsWith("node.", StringComparison.Ordinal)))
        {
            throw new LinkLostException(refused.Message, refused);
        }
    }

    /// <summary>Whether there is a first one; null when the link is not there and the node may be asked instead.</summary>
    private static async Task<bool?> BeginAsync<T>(IAsyncEnumerator<T> items, bool isAtRest)
    {
        try { return await items.MoveNextAsync(); }
        catch (LinkLostException) when (isAtRest) { return null; }
    }

    private static bool IsAtRest(Bot bot, string verb) => bot.NodeId is not null && BotVerbs.AtRest.Contains(verb);

    private static T Read<T>(RestAnswer answer, JsonTypeInfo<T> type)
    {
        try
        {
            if (answer.Answer is { } element && element.Deserialize(type) is { } read) { return read; }
        }
        catch (JsonException)
        {
            // Told below.
        }
        throw new LinkLostException("The bot's node cannot be understood.");
    }

    private static async Task<T> InTimeAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_patience);
        try
        {
            return await ask(limit.Token);
        }
        catch (OperationCanceledException error) when (!ct.IsCancellationRequested)
        {
            throw new LinkLostException("It did not answer in time.", error);
        }
    }
}
