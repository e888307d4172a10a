using System.Globalization;
using Wopr.Audit;
using Wopr.Auth;
using Wopr.Billing;
using Wopr.Gateway.Keys;
using Wopr.Kernel;
using Wopr.Protocol;
using Wopr.Quotas;

namespace Wopr.Fleet;

/// <summary>
/// The verbs on bots, for every caller. Each decides under the row's lock and writes what is wanted, never what is:
/// of many at once the last one to commit holds, and the reconciler makes it so.
/// </summary>
internal sealed class BotRegistry(
    Db db, TenantQuotas quotas, BillingStanding standing, BotPrices prices, BotChanges changes, BotSecrets secrets, GatewayKeys keys,
    TenantDirectory tenants, AuditLog audit, FleetOptions options, TimeProvider time)
{
    public static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);

    private static readonly BotProfile s_blank = new(
        "", "", "", "unless-stopped", "manual", "stable", null, null, "UTC", "", ResourceTier.Standard.Key, StorageTier.Standard.Key);

    /// <summary>One that the actor may know of.</summary>
    public async Task<Result<BotSeenNow>> FindAsync(Actor actor, string id, CancellationToken ct) =>
        !TryId(id, out var bot) ? FleetProblems.BadId
        : await BotSql.FindAsync(db, actor.TenantId, bot, ct) is { Bot.IsDeleted: false } found ? found
        : FleetProblems.NotFound;

    public static bool TryId(string id, out Guid bot) => Guid.TryParseExact(id, "D", out bot);

    public Task<List<BotSeenNow>> ListAsync(Actor actor, bool isDeleted, CancellationToken ct) =>
        BotSql.ListAsync(db, actor.TenantId, id: null, isDeleted, ct);

    /// <summary>A bot that is to run. Its tenant is the actor's; an operator's tool, which has none, says whose.</summary>
    public async Task<Result<Bot>> CreateAsync(Actor actor, CreateBot request, CancellationToken ct)
    {
        if (request.TenantId is { } named && actor.TenantId is { } own && own != named) { return FleetProblems.OtherTenant; }
        if ((actor.TenantId ?? request.TenantId) is not { } tenant || !BotRules.IsTenant(tenant)) { return FleetProblems.TenantMissing; }
        var sized = s_blank with
        {
            ResourceTier = request.ResourceTier ?? s_blank.ResourceTier,
            StorageTier = request.StorageTier ?? s_blank.StorageTier,
        };
        if (BotRules.Tiers(sized.ResourceTier, sized.StorageTier) is { } noTier) { return noTier; }
        if (!BotRules.Apply(sized, request.Fields(), options.ImagePrefixes).Succeeded(out var profile, out var problem)) { return problem; }
        if (!BotRules.Env(request.Env ?? [], s_none).Succeeded(out var env, out problem)) { return problem; }

        return await db.TransactAsync<Result<Bot>>(async tx =>
        {
            // First, because it locks; see Quotas.
            if (await quotas.CheckAsync(tx, tenant, Quota.Instances, wanted: 1, ct) is { } full) { return full; }
            if (actor.TenantId is null && await tenants.FindAsync(tx, tenant, ct) is null) { return FleetProblems.NoTenant; }
            if (await standing.RefuseAsync(tx, tenant, Price(profile) + await RunUpAsync(tx, tenant, ct), ct) is { } unpaid) { return unpaid; }
            var (id, now) = (Guid.CreateVersion7(time.GetUtcNow()), time.Now());
            var bot = new Bot(id, tenant, await BotSql.NextOrdinalAsync(tx, tenant, ct), profile, secrets.SealEnv(id, env), CreatorOf(actor),
                BotWish.Run, BillingState.Active, null, null, Starts: 0, Generation: 0, null, Version: 1, null, null,
                BotState.Provisioning, now, null, 0, now, now, null, null, null);
            await BotSql.InsertAsync(tx, bot, ct);
            await changes.ObserveAsync(tx, bot, ct);
            await changes.NudgeAsync(tx, bot.Id, ct);
            await TellAsync(tx, actor, bot, "created", $"{profile.Name} was created.", ct);
            return bot;
        }, ct);
    }

    public Task<Result<Bot>> StartAsync(Actor actor, Guid id, CancellationToken ct) => ChangeAsync(actor, id, async (tx, bot) =>
    {
        if (await RefuseStartAsync(tx, bot, ct) is { } refusal) { return refusal; }
        var rests = BotStates.IsAtRest(bot.State) || bot.State == BotState.Failed;
        return new Change(bot with
        {
            Wish = BotWish.Run,
            State = rests ? BotState.Provisioning : bot.State,
            Fault = rests ? null : bot.Fault,
            Starts = rests ? bot.Starts + 1 : bot.Starts,
            Recoveries = 0,
        }, "started", $"{bot.Profile.Name} is to run.");
    }, ct);

    public Task<Result<Bot>> StopAsync(Actor actor, Guid id, CancellationToken ct) => ChangeAsync(actor, id, (_, bot) =>
        Now(new Change(bot with { Wish = BotWish.Stop }, "stopped", $"{bot.Profile.Name} is to stop.")), ct);

    public Task<Result<Bot>> RestartAsync(Actor actor, Guid id, CancellationToken ct) => ChangeAsync(actor, id, async (tx, bot) =>
    {
        if (await RefuseStartAsync(tx, bot, ct) is { } refusal) { return refusal; }
        return new Change(Anew(bot with { Wish = BotWish.Run, Starts = bot.Starts + 1, Recoveries = 0 }),
            "restarted", $"{bot.Profile.Name} is to start anew.");
    }, ct);

    /// <summary>Changes what is named. What its process must know of has it started anew.</summary>
    public Task<Result<Bot>> UpdateAsync(Actor actor, Guid id, BotFields fields, CancellationToken ct) => ChangeAsync(actor, id, (_, bot) =>
    {
        if (fields.AreNone) { return Now(FleetProblems.NothingToChange); }
        if (!BotRules.Apply(bot.Profile, fields, options.ImagePrefixes).Succeeded(out var profile, out var problem)) { return Now(problem); }
        var before = secrets.OpenEnv(bot);
        var env = before;
        if (fields.Env is { } wanted && !BotRules.Env(wanted, before).Succeeded(out env, out problem)) { return Now(problem); }
        var changed = bot with { Profile = profile, Env = fields.Env is null ? bot.Env : secrets.SealEnv(bot.Id, env!) };
        var isNoticed = profile with { Name = "", Description = "", Avatar = "" } != bot.Profile with { Name = "", Description = "", Avatar = "" }
            || !Same(before, env!);
        return Now(new Change(isNoticed && bot.Wish == BotWish.Run ? Anew(changed) : changed, "updated", $"{profile.Name} was changed."));
    }, ct);

    public Task<Result<Bot>> SetResourceTierAsync(
        Actor actor, Guid id, string tier, CancellationToken ct) => ChangeAsync(actor, id, async (tx, bot) =>
    {
        if (ResourceTier.Find(tier) is not { } known) { return FleetProblems.BadTier; }
        if (tier == bot.Profile.ResourceTier) { return new Change(bot, null, ""); }
        var changed = bot with { Profile = bot.Profile with { ResourceTier = tier } };
        if (await RefuseCostAsync(tx, bot, changed, ct) is { } refusal) { return refusal; }
        return new Change(bot.Wish == BotWish.Run ? Anew(changed) : changed, "resized", $"{bot.Profile.Name} is {known.Label} now.");
    }, ct);

    public Task<Result<Bot>> SetStorageTierAsync(
        Actor actor, Guid id, string tier, CancellationToken ct) => ChangeAsync(actor, id, async (tx, bot) =>
    {
        if (StorageTier.Find(tier) is not { } known) { return FleetProblems.BadTier; }
        if (tier == bot.Profile.StorageTier) { return new Change(bot, null, ""); }
        var used = await tx.ValueAsync<long>($"select data_bytes from fleet.bot_seen where bot_id = {bot.Id}", ct);
        if (used > known.LimitBytes) { return FleetProblems.Downgrade(Gigabytes(used), known.LimitGb); }
        var changed = bot with { Profile = bot.Profile with { StorageTier = tier } };
        if (await RefuseCostAsync(tx, bot, changed, ct) is { } refusal) { return refusal; }
        return new Change(changed, "resized", $"{bot.Profile.Name} may keep {known.LimitGb} GB now.");
    }, ct);

    /// <summary>It stops, its keys end, and its data is kept for a week in which it can come back.</summary>
    public Task<Result<Bot>> DeleteAsync(Actor actor, Guid id, CancellationToken ct) => ChangeAsync(actor, id, async (tx, bot) =>
    {
        if (bot.GatewayKeyId is { } key) { await keys.RevokeAsync(tx, Actor.System with { TenantId = bot.TenantId }, key, ct); }
        var now = time.Now();
        return new Change(bot with
        {
            Wish = BotWish.Stop,
            State = BotState.Deleted,
            Fault = null,
            GatewayKeyId = null,
            GatewayKey = null,
            DeletedAt = now,
            EraseAfter = now + KeptFor,
        }, "deleted", $"{bot.Profile.Name} was deleted. Its data is kept until {(now + KeptFor).ToString("d MMMM", CultureInfo.InvariantCulture)}.");
    }, ct);

    /// <summary>Brings a deleted bot back, stopped, with all its data.</summary>
    public async Task<Result<Bot>> RestoreAsync(Actor actor, Guid id, CancellationToken ct) => await db.TransactAsync<Result<Bot>>(async tx =>
    {
        if (await BotSql.FindAsync(tx, actor.TenantId, id, ct) is not { } found) { return FleetProblems.NotFound; }
        if (Refuse(actor, found.Bot) is { } notYours) { return notYours; }
        // The place is counted before the row is taken, like everywhere.
        if (await quotas.CheckAsync(tx, found.Bot.TenantId, Quota.Instances, wanted: 1, ct) is { } full) { return full; }
        if (await BotSql.LockAsync(tx, actor.TenantId, id, ct) is not { } bot || bot.Wish == BotWish.Erase) { return FleetProblems.NotFound; }
        if (!bot.IsDeleted) { return FleetProblems.NotDeleted; }
        var money = await standing.OfAsync(tx, bot.TenantId, ct);
        var now = time.Now();
        var back = bot with
        {
            State = money.IsServed ? BotState.Stopped : BotState.Suspended,
            Billing = money.IsServed ? BillingState.Active : BillingState.Suspended,
            SuspendedAt = money.IsServed ? null : now,
            DestroyAfter = money.DestroyAfter,
            DeletedAt = null,
            EraseAfter = null,
        };
        return await changes.WriteAsync(tx, actor, bot, back, "restored", $"{bot.Profile.Name} is back. Start it when you like.", ct);
    }, ct);

    /// <summary>Why an archive cannot take the place of its data now.</summary>
    public static Problem? RefuseImport(Actor actor, Bot bot) =>
        Refuse(actor, bot)
        ?? (bot.Effective == BotWish.Run || !BotStates.IsAtRest(bot.State) ? FleetProblems.NotStopped
            : bot.NodeId is null ? FleetProblems.NeverRan
            : null);

    /// <summary>Data that its machine has ready become the bot's. Of whatever happened meanwhile they take no place.</summary>
    public Task<Result<Bot>> TakeImportAsync(Actor actor, Bot before, ArchiveTaken taken, CancellationToken ct) =>
        ChangeAsync(actor, before.Id, (_, bot) => Now(
            RefuseImport(actor, bot) is not null || bot.Generation != before.Generation || bot.NodeId != before.NodeId
                ? FleetProblems.ImportOvertaken
                : new Change(bot with { Generation = bot.Generation + 1 }, "imported", string.Create(CultureInfo.InvariantCulture,
                    $"{bot.Profile.Name} has the data of an archive: {taken.Sessions} conversations and {taken.Files} files."))), ct);

    private static readonly Dictionary<string, string> s_none = [];

    public static double Gigabytes(long bytes) => Math.Round(bytes / (1024.0 * 1024 * 1024), 2);

    /// <summary>Zero for tiers that are none: those are refused for themselves.</summary>
    public Money Price(CreateBot request)
    {
        var (resource, storage) = (request.ResourceTier ?? s_blank.ResourceTier, request.StorageTier ?? s_blank.StorageTier);
        return BotRules.Tiers(resource, storage) is null ? prices.Of(resource, storage).Total : Money.Zero;
    }

    /// <summary>What the tenant's bots cost today, and what is not charged yet: who would make another must have that too.</summary>
    public async Task<Money> RunUpAsync(Db tx, string tenant, CancellationToken ct)
    {
        var sum = await standing.UnchargedAsync(tx, tenant, ct);
        foreach (var (resource, storage, runs) in await BotSql.SizesAsync(tx, tenant, ct))
        {
            var price = prices.Of(resource, storage);
            sum += runs ? price.Total : price.Storage;
        }
        return sum;
    }

    public Money Price(BotProfile profile) => prices.Of(profile.ResourceTier, profile.StorageTier).Total;

    /// <summary>A member manages what they made; admins, owners and operators everything.</summary>
    private static Problem? Refuse(Actor actor, Bot bot) =>
        actor.TenantId is null || actor.Role >= Role.Admin || bot.CreatedBy == CreatorOf(actor) || IsToolOf(actor, bot)
            ? null
            : FleetProblems.NotYours;

    // Configured by the operator for the whole tenant; a person's token is no more than the person.
    private static bool IsToolOf(Actor actor, Bot bot) => actor.Kind == ActorKind.Token && actor.Id == $"fleet-{bot.TenantId}";

    private static string CreatorOf(Actor actor) => actor.UserId ?? actor.ToString();

    private async Task<Problem?> RefuseStartAsync(Db tx, Bot bot, CancellationToken ct) =>
        await standing.RefuseAsync(tx, bot.TenantId, Price(bot.Profile), ct)
        ?? (bot.Billing == BillingState.Active ? null : FleetProblems.Suspended);

    private async Task<Problem?> RefuseCostAsync(Db tx, Bot before, Bot after, CancellationToken ct) =>
        Price(after.Profile) > Price(before.Profile) ? await standing.RefuseAsync(tx, after.TenantId, Price(after.Profile), ct) : null;

    // Whatever runs is started anew; whatever is being brought up already goes on with it.
    private static Bot Anew(Bot bot) => bot with
    {
        State = BotStates.IsAtRest(bot.State) || bot.State == BotState.Provisioning ? BotState.Provisioning : BotState.Updating,
        Fault = null,
    };

    private async Task<Result<Bot>> ChangeAsync(Actor actor, Guid id, Func<Db, Bot, Task<Result<Change>>> decide, CancellationToken ct) =>
        await db.TransactAsync<Result<Bot>>(async tx =>
        {
            if (await BotSql.LockAsync(tx, actor.TenantId, id, ct) is not { IsDeleted: false } bot) { return FleetProblems.NotFound; }
            if (Refuse(actor, bot) is { } refusal) { return refusal; }
            if (!(await decide(tx, bot)).Succeeded(out var change, out var problem)) { return problem; }
            return change.Kind is { } kind ? await changes.WriteAsync(tx, actor, bot, change.Bot, kind, change.Message, ct) : bot;
        }, ct);

    private async Task TellAsync(Db tx, Actor actor, Bot bot, string kind, string message, CancellationToken ct)
    {
        await audit.WriteAsync(tx, actor, new($"fleet.bot_{kind}", $"bot:{bot.Id}", bot.TenantId,
            new Dictionary<string, string> { ["name"] = bot.Profile.Name, ["image"] = bot.Profile.Image }), ct);
        await changes.TellAsync(tx, bot, actor, $"bot.{kind}", message, ct);
    }

    private static Task<Result<Change>> Now(Result<Change> change) => Task.FromResult(change);

    private static bool Same(Dictionary<string, string> one, Dictionary<string, string> other) =>
        one.Count == other.Count && one.All(pair => other.TryGetValue(pair.Key, out var value) && value == pair.Value);

    /// <param name="Kind">Null when nothing changed.</param>
    private sealed record Change(Bot Bot, string? Kind, string Message);
}
