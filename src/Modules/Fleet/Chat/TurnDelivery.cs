using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// Brings messages to bots, in the order in which they were said, until each bot has said how each ended. The same id
/// is the same message, so whoever doubts asks again: after a restart, on another replica, over another link.
/// </summary>
internal sealed class TurnDelivery : BackgroundService
{
    // Most of them wait for somebody's answer.
    private const int Workers = 32;
    private const int WaitingMax = 10_000;
    private const int NotYetMax = 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_notYet = TimeSpan.FromMilliseconds(250);

    private readonly Db _db;
    private readonly Links _links;
    private readonly ILogger _logger;
    private readonly Nudges<Guid> _nudges;

    public TurnDelivery(Db db, Links links, ILogger<TurnDelivery> logger)
    {
        (_db, _links, _logger) = (db, links, logger);
        _nudges = new(Workers, WaitingMax, TryDeliverAsync, (bot, error) => Log.DeliveryFailed(logger, bot, error));
    }

    /// <param name="whole">Also what the bot has said it has.</param>
    public void Nudge(Guid bot, bool whole) => _nudges.Add(bot, whole);

    /// <summary>Everything that is open, one after the other. What the first one does not take, the next ones wait for.</summary>
    private async Task DeliverAsync(Guid bot, bool whole, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        foreach (var turn in await TurnSql.OpenAsync(_db, bot, whole, ct))
        {
            limit.CancelAfter(s_patience);
            await DeliverAsync(turn, limit.Token);
        }
    }

    /// <summary>How a turn ended, as its bot says. Said again, it changes nothing.</summary>
    public async Task<Nothing> HearAsync(Guid bot, TurnEnded ended, CancellationToken ct)
    {
        await TurnSql.EndAsync(_db, bot, ended.TurnId, ended.Outcome, ct);
        Nudge(bot, whole: false);
        return Nothing.Instance;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _nudges.RunAsync(stoppingToken);

    private async Task TryDeliverAsync(Guid bot, bool whole, CancellationToken stopping)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                await DeliverAsync(bot, whole, stopping);
                return;
            }
            catch (LinkLostException)
            {
                // It is nudged again when it is linked.
                return;
            }
            catch (LinkRefusedException refused) when (refused.Problem.IsPassing)
            {
                // It may be just about to take it; else it is nudged when it is through with something, and once in a while.
                if (tries == NotYetMax) { return; }
                await Task.Delay(s_notYet, stopping);
            }
        }
    }

    private async Task DeliverAsync(Turn turn, CancellationToken ct)
    {
        var peer = $"bot:{turn.BotId}";
        if (turn.IsCancelled)
        {
            await CancelAsync(peer, turn, ct);
            if (turn.State == TurnState.Cancelled) { return; }
        }
        try
        {
            var taken = await _links.AskAsync(
                peer, BotVerbs.Turn, new(turn.Id, turn.Session, turn.Message, turn.Sender, turn.Replaces), ct);
            if (taken.Outcome is { } outcome) { await TurnSql.EndAsync(_db, turn.BotId, turn.Id, outcome, ct); }
            else { await TurnSql.TakenAsync(_db, turn.Id, ct); }
        }
        catch (LinkRefusedException refused) when (turn.State == TurnState.Waiting && !refused.Problem.IsPassing)
        {
            Log.TurnRefused(_logger, turn.BotId, turn.Id, refused.Problem.Code);
            await TurnSql.RefusedAsync(_db, turn.Id, refused.Problem, ct);
        }
    }

    private async Task CancelAsync(string peer, Turn turn, CancellationToken ct)
    {
        try
        {
            await _links.AskAsync(peer, BotVerbs.Cancel, new(turn.Id), ct);
        }
        catch (LinkRefusedException refused) when (!refused.Problem.IsPassing)
        {
            // It never had it, and now never will.
        }
        await TurnSql.CancelledAsync(_db, turn.Id, ct);
    }
}

/// <summary>Asks again for all that is open at bots that are linked.</summary>
internal sealed class TurnRounds(Db db, TurnDelivery delivery) : IJob
{
    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var bot in await TurnSql.BotsAsync(db, ct)) { delivery.Nudge(bot, whole: true); }
    }
}
