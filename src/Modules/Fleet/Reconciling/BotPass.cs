using Wopr.Gateway.Keys;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>
/// One look at one bot: what it should get it gets, and what is seen is written down. It takes no input, holds the
/// row while it looks, and leaves nothing half done: whatever is not committed is found again by the next one.
/// </summary>
internal sealed class BotPass(Db db, BotChanges changes, BotSecrets secrets, GatewayKeys keys, TimeProvider time)
{
    private const int RecoveriesMax = 5;

    /// <summary>The node that must be told now; null when there is nothing new for it.</summary>
    public Task<string?> RunAsync(Guid id, CancellationToken ct) => db.TransactAsync(async tx =>
    {
        if (await BotSql.TakeAsync(tx, id, ct) is not { } bot) { return null; }
        var outlook = await ReconcileSql.OutlookAsync(tx, id, ct);
        var wanted = await PrepareAsync(tx, bot, outlook, ct);
        if (IsErased(wanted, outlook))
        {
            await EraseAsync(tx, bot, wanted, ct);
            return null;
        }
        var seen = Look(wanted, outlook);
        if (seen != bot)
        {
            seen = await changes.SaveAsync(tx, bot, seen, ct);
            if (seen.State != bot.State) { await changes.TellAsync(tx, seen, Actor.System, "bot.state", Message(seen), ct); }
        }
        return seen.NodeId is { } node && outlook.Sight?.Version != seen.Version ? node : null;
    }, ct);

    /// <summary>A place, a generation and a key for what is to run; the end for what is over.</summary>
    private async Task<Bot> PrepareAsync(Db tx, Bot bot, Outlook outlook, CancellationToken ct)
    {
        if (bot.IsDeleted && outlook.IsEraseDue && bot.Wish != BotWish.Erase)
        {
            bot = bot with { Wish = BotWish.Erase, Version = bot.Version + 1 };
        }
        if (bot.Effective != BotWish.Run) { return bot; }
        var isNew = bot.NodeId is null;
        if (isNew)
        {
            // One copy: another place only when the last one has surely gone quiet.
            if (outlook.MayBeElsewhere || await ReconcileSql.PickNodeAsync(tx, ct) is not { } node) { return bot; }
            bot = bot with { NodeId = node, Generation = bot.Generation + 1, Version = bot.Version + 1 };
        }
        return isNew || secrets.OpenKey(bot) is null ? await WithKeyAsync(tx, bot, ct) : bot;
    }

    private async Task<Bot> WithKeyAsync(Db tx, Bot bot, CancellationToken ct)
    {
        var issuer = Actor.System with { TenantId = bot.TenantId };
        // Gone already is as good.
        if (bot.GatewayKeyId is { } last) { await keys.RevokeAsync(tx, issuer, last, ct); }
        var name = $"Bot {bot.Profile.Name}, generation {bot.Generation}";
        if (!(await keys.CreateAsync(tx, issuer, new(name, BotId: bot.Id), ct)).Succeeded(out var made, out var problem))
        {
            throw new InvalidOperationException($"A bot gets no key: {problem.Code}.");
        }
        return bot with { GatewayKeyId = made.Key.Id, GatewayKey = secrets.SealKey(bot.Id, made.Secret), Version = bot.Version + 1 };
    }

    private static Bot Look(Bot bot, Outlook outlook)
    {
        var sight = outlook.Sight;
        var facts = new BotFacts(
            bot.Effective, bot.Billing != BillingState.Active, bot.NodeId is not null, outlook.SeesNode, sight?.Process,
            sight?.Version >= bot.Version, outlook.HasLease, outlook.HadLeaseLately,
            EndsByItself: bot.Profile.RestartPolicy == "no" || (bot.Profile.RestartPolicy == "on-failure" && sight?.Exit == 0),
            EndedWell: sight?.Exit == 0, IsGivenUp: bot.Recoveries >= RecoveriesMax);
        var state = BotStates.Next(bot.State, facts);
        if (state == BotState.Unhealthy && outlook.IsHung)
        {
            // Hung is: without a lease while its node lives. Nothing but a new start helps.
            return bot with
            {
                State = BotState.Recovering,
                Starts = bot.Starts + 1,
                Recoveries = bot.Recoveries + 1,
                Version = bot.Version + 1,
                Fault = "Its program hung and is being started again.",
            };
        }
        return bot with
        {
            State = state,
            Recoveries = state == BotState.Running ? 0 : bot.Recoveries,
            Fault = Fault(state, bot, facts, sight),
        };
    }

    private static string? Fault(BotState state, Bot bot, BotFacts facts, BotSight? sight) => state switch
    {
        BotState.Provisioning when !facts.IsPlaced => "No machine is free right now. The bot starts as soon as there is one.",
        BotState.Provisioning when !facts.SeesNode => "Its machine does not answer right now. The bot starts as soon as it is back.",
        BotState.Unknown => "Its machine does not answer, so nobody can tell how the bot does.",
        BotState.Unhealthy => "Its program runs but does not report. It is started again if that lasts.",
        BotState.Recovering => sight?.Fault ?? bot.Fault ?? "Its program ended and is being started again.",
        BotState.Failed when facts.Process == BotProcess.Up =>
            "Its program was started again and again and did not come up. Look at its log, then start it again.",
        BotState.Failed => sight?.Fault ?? $"Its program ended with code {sight?.Exit}. Look at its log, then start it again.",
        BotState.Stopped when facts.Wish == BotWish.Run => "Its program ended by itself. Start it again when you want to.",
        _ => null,
    };

    private static string Message(Bot bot) => bot.Fault ?? bot.State switch
    {
        BotState.Running => $"{bot.Profile.Name} is running.",
        BotState.Stopped => $"{bot.Profile.Name} has stopped.",
        BotState.Suspended => $"{bot.Profile.Name} is suspended. Its data is kept.",
        _ => $"{bot.Profile.Name} is {Sql.Name(bot.State)}.",
    };

    private static bool IsErased(Bot bot, Outlook outlook) => bot.Wish == BotWish.Erase
        && (bot.NodeId is null
            || (outlook.Sight is { Process: BotProcess.Absent, HasData: false } sight && sight.Version >= bot.Version));

    /// <summary>What its owner wrote goes; the name of its data stays taken.</summary>
    private async Task EraseAsync(Db tx, Bot before, Bot bot, CancellationToken ct)
    {
        await tx.ExecuteAsync($"delete from fleet.turn where bot_id = {bot.Id}", ct);
        await tx.ExecuteAsync($"delete from fleet.letter where bot_id = {bot.Id}", ct);
        await tx.ExecuteAsync($"delete from fleet.event where bot_id = {bot.Id}", ct);
        await tx.ExecuteAsync($"delete from fleet.bot_seen where bot_id = {bot.Id}", ct);
        await changes.SaveAsync(tx, before, bot with
        {
            Profile = bot.Profile with { Name = "erased", Description = "", Avatar = "", Discovery = null, Model = null },
            Env = secrets.SealEnv(bot.Id, new Dictionary<string, string>()),
            CreatedBy = null,
            Fault = null,
            ErasedAt = time.Now(),
        }, ct);
    }
}
