using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <param name="Answer">Null while it is kept: neither the bot nor its machine can be reached, and it is done when one can.</param>
internal sealed record Told<T>(T? Answer) where T : class;

/// <summary>Asks bots, and the nodes they are on, for those who may.</summary>
internal sealed partial class BotDesk(BotRegistry bots, Links links, BotLine line, Letters letters, LetterDelivery delivery)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public async Task<Result<TAnswer>> AskAsync<TAsk, TAnswer>(
        Actor actor, string id, Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct)
    {
        if (!(await bots.FindAsync(actor, id, ct)).Succeeded(out var found, out var problem)) { return problem; }
        try
        {
            return await line.AskAsync(found.Bot, verb, ask, ct);
        }
        catch (LinkRefusedException refused)
        {
            return Problem(refused.Problem);
        }
        catch (LinkLostException)
        {
            return Unreachable(found.Bot, verb.Name);
        }
    }

    /// <summary>Something to be written. When nobody can be reached now it is kept, and done as soon as somebody can.</summary>
    public async Task<Result<Told<TAnswer>>> TellAsync<TAsk, TAnswer>(
        Actor actor, string id, Verb<TAsk, TAnswer> verb, TAsk ask, CancellationToken ct) where TAnswer : class
    {
        if (!(await bots.FindAsync(actor, id, ct)).Succeeded(out var found, out var problem)) { return problem; }
        // What was written before it comes first.
        if (!await letters.AnyAsync(found.Bot.Id, ct))
        {
            try
            {
                return new Told<TAnswer>(await line.AskAsync(found.Bot, verb, ask, ct));
            }
            catch (LinkRefusedException refused)
            {
                return Problem(refused.Problem);
            }
            catch (LinkLostException)
            {
                // Kept, below.
            }
        }
        if (await letters.KeepAsync(actor, found.Bot.Id, verb, ask, ct) is { } unkept) { return unkept; }
        delivery.Nudge(found.Bot.Id);
        return new Told<TAnswer>(null);
    }

    /// <summary>The last lines of a bot's log.</summary>
    public async Task<Result<List<LogLine>>> LogAsync(Actor actor, string id, int tail, CancellationToken ct)
    {
        if (!(await bots.FindAsync(actor, id, ct)).Succeeded(out var found, out var problem)) { return problem; }
        // What never had a place never said anything.
        if (found.Bot.NodeId is not { } node) { return new List<LogLine>(); }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_patience);
        List<LogLine> lines = [];
        try
        {
            await foreach (var line in links.FollowAsync($"node:{node}", NodeVerbs.Logs, new(found.Bot.Id, tail, Follow: false), limit.Token))
            {
                lines.Add(line);
                if (lines.Count >= tail) { break; }
            }
            return lines;
        }
        catch (LinkRefusedException refused)
        {
            return Problem(refused.Problem);
        }
        catch (Exception error) when (error is LinkLostException || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return FleetProblems.NodeUnreachable;
        }
    }

    /// <summary>The same, and what follows. It ends when the node is lost.</summary>
    public async IAsyncEnumerable<LogLine> FollowLogAsync(Bot bot, int tail, [EnumeratorCancellation] CancellationToken ct)
    {
        if (bot.NodeId is not { } node) { yield break; }
        var lines = links.FollowAsync($"node:{node}", NodeVerbs.Logs, new(bot.Id, tail, Follow: true), ct).GetAsyncEnumerator(ct);
        await using var _ = lines;
        while (await NextAsync(lines)) { yield return lines.Current; }
    }

    public static Problem Unreachable(Bot bot, string verb) =>
        bot.Effective != BotWish.Run && bot.NodeId is not null && BotVerbs.AtRest.Contains(verb)
            ? FleetProblems.NodeUnreachable
            : Unreachable(bot);

    /// <summary>Why it does not answer, as far as we know.</summary>
    public static Problem Unreachable(Bot bot) =>
        bot.Billing != BillingState.Active ? FleetProblems.Suspended with { Kind = ProblemKind.Unavailable }
        : bot.Effective != BotWish.Run ? FleetProblems.BotStopped
        : FleetProblems.BotUnreachable;

    /// <summary>A bot's refusal as ours.</summary>
    public static Problem Problem(LinkProblem refused)
    {
        var code = Code().IsMatch(refused.Code) ? refused.Code : "bot.refused";
        var kind = refused.IsPassing ? ProblemKind.Unavailable : code.Split('.') switch
        {
            ["link" or "bot" or "node", ..] => ProblemKind.Unavailable,
            [.., "not_found" or "unknown"] => ProblemKind.NotFound,
            [.., "changed" or "unreadable"] => ProblemKind.Conflict,
            [.., "not_yours"] => ProblemKind.Forbidden,
            _ => ProblemKind.Invalid,
        };
        return new(kind, code, refused.Message);
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<LogLine> lines)
    {
        try
        {
            return await lines.MoveNextAsync();
        }
        catch (Exception error) when (error is LinkLostException or LinkRefusedException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"^[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){1,3}\z")]
    private static partial Regex Code();
}
