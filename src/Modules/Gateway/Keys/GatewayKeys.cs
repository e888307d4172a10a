using System.Globalization;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

/// <summary>The keys a tenant's programs and bots ask for models with. A secret goes out once and never comes back.</summary>
public sealed class GatewayKeys
{
    internal const string Channel = "gateway_key";

    private readonly Db _db;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;

    public GatewayKeys(Db db, AuditLog audit, TimeProvider time) => (_db, _audit, _time) = (db, audit, time);

    public Task<Result<NewGatewayKey>> CreateAsync(Actor actor, CreateGatewayKey request, CancellationToken ct) =>
        CreateAsync(_db, actor, request, ct);

    /// <summary>
    /// The same, in the transaction that is open on <paramref name="db"/>. Keys that the system makes for bots do not count
    /// to what people may make.
    /// </summary>
    public async Task<Result<NewGatewayKey>> CreateAsync(Db db, Actor actor, CreateGatewayKey request, CancellationToken ct)
    {
        if (actor.TenantId is not { } tenant) { return Problems.TenantRequired; }
        if (request.ExpiresInDays is < 1 or > KeyRules.DaysMax) { return KeyProblems.BadLife; }
        var (secret, now) = (KeySecret.New(), _time.Now());
        var draft = new GatewayKey(Id<GatewayKey>.New(_time), tenant, request.BotId, "", secret[^KeySecret.HintLength..], [], null, null,
            null, null, now, request.ExpiresInDays is { } days ? now.AddDays(days) : null, RevokedAt: null, IsSuspended: false);
        if (!KeyRules.Apply(draft, request).Succeeded(out var key, out var problem)) { return problem; }

        var isIssued = actor.Kind == ActorKind.System;
        return await db.TransactAsync<Result<NewGatewayKey>>(async tx =>
        {
            if (!isIssued)
            {
                await KeySql.LockTenantAsync(tx, tenant, ct);
                if (await KeySql.CountAsync(tx, tenant, ct) >= KeyRules.KeysMax) { return KeyProblems.TooMany; }
            }
            var hash = Token.Hash(secret);
            await KeySql.InsertAsync(tx, key, hash, isIssued, ct);
            await TellAsync(tx, hash, ct);
            await _audit.WriteAsync(tx, actor, new("gateway.key_created", Target(key.Id), tenant, Details(key)), ct);
            return new NewGatewayKey(secret, GatewayKeyView.From(key));
        }, ct);
    }

    public async Task<IReadOnlyList<GatewayKeyView>> ListAsync(Actor actor, CancellationToken ct) =>
        await KeySql.ListAsync(_db, actor.TenantId, id: null, Window.DayOf(_time.GetUtcNow()), ct);

    public async Task<Result<GatewayKeyView>> ShowAsync(Actor actor, string id, CancellationToken ct) =>
        Id<GatewayKey>.TryParse(id, null, out var key)
        && await KeySql.ListAsync(_db, actor.TenantId, key, Window.DayOf(_time.GetUtcNow()), ct) is [var view]
            ? view
            : KeyProblems.NotFound;

    /// <summary>Sets everything that people may set; what is left out does not limit any more.</summary>
    public async Task<Result<GatewayKeyView>> UpdateAsync(Actor actor, string id, KeySettings settings, CancellationToken ct)
    {
        if (!Id<GatewayKey>.TryParse(id, null, out var keyId)) { return KeyProblems.NotFound; }
        var changed = await _db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await KeySql.LockAsync(tx, actor.TenantId, keyId, ct) is not { } found) { return KeyProblems.NotFound; }
            if (!KeyRules.Apply(found.Key, settings).Succeeded(out var key, out var problem)) { return problem; }
            await KeySql.UpdateAsync(tx, key, ct);
            await TellAsync(tx, found.Hash, ct);
            await _audit.WriteAsync(tx, actor, new("gateway.key_changed", Target(keyId), key.TenantId, Details(key)), ct);
            return Done.Instance;
        }, ct);
        return changed.Problem is { } refusal ? refusal : await ShowAsync(actor, id, ct);
    }

    public Task<Result<Done>> RevokeAsync(Actor actor, string id, CancellationToken ct) => RevokeAsync(_db, actor, id, ct);

    /// <summary>The same, in the transaction that is open on <paramref name="db"/>.</summary>
    public async Task<Result<Done>> RevokeAsync(Db db, Actor actor, string id, CancellationToken ct)
    {
        if (!Id<GatewayKey>.TryParse(id, null, out var keyId)) { return KeyProblems.NotFound; }
        return await db.TransactAsync<Result<Done>>(async tx =>
        {
            if (await KeySql.LockAsync(tx, actor.TenantId, keyId, ct) is not { } found) { return KeyProblems.NotFound; }
            await KeySql.RevokeAsync(tx, keyId, _time.Now(), ct);
            await TellAsync(tx, found.Hash, ct);
            await _audit.WriteAsync(tx, actor, new("gateway.key_revoked", Target(keyId), found.Key.TenantId,
                new Dictionary<string, string> { ["name"] = found.Key.Name }), ct);
            return Done.Instance;
        }, ct);
    }

    /// <summary>Replicas forget what they know of it when this is committed.</summary>
    private static Task TellAsync(Db tx, byte[] hash, CancellationToken ct) =>
        tx.ExecuteAsync($"select pg_notify({Channel}, {KeyHash.Of(hash).ToString()})", ct);

    private static string Target(Id<GatewayKey> id) => $"gateway_key:{id}";

    private static Dictionary<string, string> Details(GatewayKey key)
    {
        Dictionary<string, string> details = new() { ["name"] = key.Name };
        if (key.BotId is { } bot) { details["bot"] = bot.ToString(); }
        if (key.Models.Count > 0) { details["models"] = string.Join(", ", key.Models); }
        Add("requestsPerMinute", key.RequestsPerMinute);
        Add("tokensPerMinute", key.TokensPerMinute);
        Add("dailyBudget", KeyRules.Dollars(key.DailyBudget));
        Add("monthlyBudget", KeyRules.Dollars(key.MonthlyBudget));
        return details;

        void Add(string name, IFormattable? value)
        {
            if (value is not null) { details[name] = value.ToString(null, CultureInfo.InvariantCulture); }
        }
    }
}
