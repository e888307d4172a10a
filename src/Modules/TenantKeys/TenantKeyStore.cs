using Microsoft.Extensions.Logging;
using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.TenantKeys;

/// <summary>
/// The keys tenants bring for providers. They go in, are used by the platform for that tenant, and never come
/// out.
/// </summary>
public sealed class TenantKeyStore
{
    internal const int KeyLengthMax = 4096;
    internal const int LabelLengthMax = 100;

    private const string Label = "tenant-keys";

    private readonly Db _db;
    private readonly Vault _vault;
    private readonly AuditLog _audit;
    private readonly TimeProvider _time;
    private readonly ILogger<TenantKeyStore> _logger;

    public TenantKeyStore(Db db, Vault vault, AuditLog audit, TimeProvider time, ILogger<TenantKeyStore> logger) =>
        (_db, _vault, _audit, _time, _logger) = (db, vault, audit, time, logger);

    /// <summary>The key itself, for a call made on the tenant's behalf; null when there is none.</summary>
    public async Task<string?> OpenAsync(string tenant, KeyProvider provider, CancellationToken ct)
    {
        if (await TenantKeySql.SealedAsync(_db, tenant, provider, ct) is not { } key) { return null; }
        if (Open(key) is { } plain) { return System.Text.Encoding.UTF8.GetString(plain); }
        Log.DoesNotOpen(_logger, key.TenantId, key.Provider);
        throw new InvalidOperationException("A stored provider key does not open with the configured secrets.");
    }

    internal async Task<IReadOnlyList<TenantKeyView>> ListAsync(Actor actor, CancellationToken ct) =>
        [.. (await TenantKeySql.ListAsync(_db, actor.TenantId!, ct)).Select(TenantKeyView.From)];

    internal async Task<Result<TenantKeyView>> FindAsync(Actor actor, string provider, CancellationToken ct)
    {
        if (!KeyProviders.TryParse(provider, out var known)) { return TenantKeyProblems.UnknownProvider; }
        return await TenantKeySql.FindAsync(_db, actor.TenantId!, known.Value, ct) is { } key
            ? TenantKeyView.From(key)
            : TenantKeyProblems.Missing;
    }

    /// <summary>Stores the key, in place of the one there was.</summary>
    internal async Task<Result<TenantKeyView>> StoreAsync(
        Actor actor, string provider, string apiKey, string? label, CancellationToken ct)
    {
        if (!KeyProviders.TryParse(provider, out var known)) { return TenantKeyProblems.UnknownProvider; }
        var plain = apiKey.Trim();
        if (plain.Length is 0 or > KeyLengthMax || plain.Any(sign => sign is <= ' ' or > '~'))
        {
            return TenantKeyProblems.Unusable;
        }
        var name = label?.Trim() ?? "";
        if (name.Length > LabelLengthMax || name.Any(char.IsControl) || !IsWhole(name))
        {
            return TenantKeyProblems.LongLabel;
        }

        var now = _time.Now();
        var key = new TenantKey(
            Id<TenantKey>.New(_time), actor.TenantId!, Sql.Name(known), name, TenantKey.HintOf(plain), now, now);
        var sealedKey = _vault.Seal(Label, Owner(key.TenantId, key.Provider), System.Text.Encoding.UTF8.GetBytes(plain));
        return await _db.TransactAsync<Result<TenantKeyView>>(async tx =>
        {
            var stored = await TenantKeySql.StoreAsync(tx, key, sealedKey, ct);
            await _audit.WriteAsync(tx, actor, new("tenant_keys.stored", $"tenant_key:{key.Provider}"), ct);
            return TenantKeyView.From(stored);
        }, ct);
    }

    internal async Task<Result<Done>> DeleteAsync(Actor actor, string provider, CancellationToken ct)
    {
        if (!KeyProviders.TryParse(provider, out var known)) { return TenantKeyProblems.UnknownProvider; }
        return await _db.TransactAsync<Result<Done>>(async tx =>
        {
            if (!await TenantKeySql.DeleteAsync(tx, actor.TenantId!, known.Value, ct))
            {
                return TenantKeyProblems.Missing;
            }
            await _audit.WriteAsync(tx, actor, new("tenant_keys.deleted", $"tenant_key:{Sql.Name(known)}"), ct);
            return Done.Instance;
        }, ct);
    }

    internal SealedStore AsSealedStore() => new("tenant_keys", DueAsync, ResealAsync);

    private Task<long> DueAsync(CancellationToken ct) => TenantKeySql.DueAsync(_db, _vault.KeyId, ct);

    private async Task<ResealBatch> ResealAsync(string? after, int limit, CancellationToken ct)
    {
        var (tenant, provider) = after?.Split('/') is [var first, var second] ? (first, second) : ("", "");
        return await _db.TransactAsync(async tx =>
        {
            var due = await TenantKeySql.TakeDueAsync(tx, _vault.KeyId, tenant, provider, limit, ct);
            var unopened = 0;
            foreach (var key in due)
            {
                if (Open(key) is { } plain)
                {
                    var again = _vault.Seal(Label, Owner(key.TenantId, key.Provider), plain);
                    await TenantKeySql.ResealAsync(tx, key, again, ct);
                    continue;
                }
                Log.DoesNotOpen(_logger, key.TenantId, key.Provider);
                unopened++;
            }
            return new ResealBatch(due.Count - unopened, unopened, due is [.., var last] ? Owner(last.TenantId, last.Provider) : null);
        }, ct);
    }

    private byte[]? Open(SealedKey key) =>
        _vault.TryOpen(Label, Owner(key.TenantId, key.Provider), key.Sealed, out var plain) ? plain : null;

    private static string Owner(string tenant, string provider) => $"{tenant}/{provider}";

    private static bool IsWhole(string text) =>
        !text.EnumerateRunes().Any(rune => rune == System.Text.Rune.ReplacementChar);
}
