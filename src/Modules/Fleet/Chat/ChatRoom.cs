using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal sealed record Say(string BotId, string SessionId, string Message, string? ClientId = null);

internal sealed record CancelTurn(string BotId, Guid TurnId);

internal sealed record RetryTurn(string? Message = null, string? ClientId = null);

/// <param name="StreamId">Where its answer comes: the session.</param>
/// <param name="State"><c>waiting</c> until the bot has it, then <c>running</c>, then how it ended.</param>
/// <param name="Note">Why it waits.</param>
internal sealed record SaidView(string StreamId, Guid TurnId, string ClientId, string State, string? Note, string? Problem, bool CanRetry);

/// <summary>What people say to bots. It is kept before anybody is told that it was heard.</summary>
internal sealed class ChatRoom(Db db, BotRegistry bots, TurnDelivery delivery, TimeProvider time)
{
    public async Task<Result<SaidView>> SayAsync(Actor actor, Say say, CancellationToken ct)
    {
        if (!BotRules.IsSession(say.SessionId)) { return FleetProblems.BadSession; }
        if (say.Message.Length > BotRules.MessageCharsMax) { return FleetProblems.BadMessage; }
        if (say.ClientId is { } given && !BotRules.IsClientId(given)) { return FleetProblems.BadClientId; }
        if (!(await bots.FindAsync(actor, say.BotId, ct)).Succeeded(out var found, out var problem)) { return problem; }
        return await SayAsync(actor, found.Bot, say.SessionId, say.Message, say.ClientId, replaces: null, ct);
    }

    /// <summary>The same again, or said differently; what came after it is left out of what the model sees.</summary>
    public async Task<Result<SaidView>> RetryAsync(Actor actor, string botId, Guid turnId, RetryTurn retry, CancellationToken ct)
    {
        if (retry.Message is { Length: > BotRules.MessageCharsMax }) { return FleetProblems.BadMessage; }
        if (retry.ClientId is { } given && !BotRules.IsClientId(given)) { return FleetProblems.BadClientId; }
        if (!(await bots.FindAsync(actor, botId, ct)).Succeeded(out var found, out var problem)) { return problem; }
        if (await TurnSql.FindAsync(db, found.Bot.Id, turnId, ct) is not { } turn) { return FleetProblems.TurnNotSaidHere; }
        if (!turn.IsOver) { return FleetProblems.TurnNotOver; }
        return await SayAsync(actor, found.Bot, turn.Session, retry.Message ?? turn.Message, retry.ClientId, turn.Id, ct);
    }

    public async Task<Result<SaidView>> CancelAsync(Actor actor, CancelTurn cancel, CancellationToken ct)
    {
        if (!(await bots.FindAsync(actor, cancel.BotId, ct)).Succeeded(out var found, out var problem)) { return problem; }
        await TurnSql.CancelAsync(db, found.Bot.Id, cancel.TurnId, ct);
        if (await TurnSql.FindAsync(db, found.Bot.Id, cancel.TurnId, ct) is not { } turn) { return FleetProblems.TurnNotFound; }
        delivery.Nudge(found.Bot.Id, whole: false);
        return View(turn, found.Bot);
    }

    private async Task<Result<SaidView>> SayAsync(
        Actor actor, Bot bot, string session, string message, string? clientId, Guid? replaces, CancellationToken ct)
    {
        if (bot.Billing != BillingState.Active) { return FleetProblems.Suspended; }
        var text = string.IsNullOrWhiteSpace(message) ? BotRules.Greeting : message;
        var id = Guid.CreateVersion7(time.GetUtcNow());
        var turn = new Turn(id, bot.Id, session, clientId ?? id.ToString(), text, actor.UserId, replaces, TurnState.Waiting, null, false,
            false, time.Now(), null);
        if (await TurnSql.CountOpenAsync(db, bot.Id, ct) >= TurnSql.OpenMax) { return FleetProblems.TooManyWaiting; }
        if (!await TurnSql.InsertAsync(db, turn, bot.TenantId, ct))
        {
            turn = (await TurnSql.FindAsync(db, bot.Id, session, turn.ClientId, ct))!;
            if (turn.Message != text) { return FleetProblems.OtherMessage; }
        }
        delivery.Nudge(bot.Id, whole: false);
        return View(turn, bot);
    }

    private static SaidView View(Turn turn, Bot bot)
    {
        // Of a bot that runs it has it in a moment; of another nobody can say when.
        var isOnItsWay = turn.State == TurnState.Waiting && bot.State is BotState.Running;
        return new(turn.Session, turn.Id, turn.ClientId, Sql.Name(isOnItsWay ? TurnState.Running : turn.State),
            turn.State == TurnState.Waiting && !isOnItsWay ? Note(bot) : null, turn.Problem, turn.CanRetry);
    }

    private static string Note(Bot bot) => bot.Effective == BotWish.Run
        ? "The bot gets this as soon as it runs."
        : "The bot is stopped. It gets this when it is started.";
}
