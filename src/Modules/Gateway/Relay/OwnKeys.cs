using System.Collections.Concurrent;
using Wopr.Gateway.Catalogue;
using Wopr.TenantKeys;

namespace Wopr.Gateway.Relay;

/// <summary>
/// The keys that tenants brought for providers, remembered for under a second: a key that was taken away is dead on every
/// replica within that second.
/// </summary>
internal sealed class OwnKeys(TenantKeyStore store, TimeProvider time)
{
    private static readonly TimeSpan s_span = TimeSpan.FromMilliseconds(800);
    private const int CountMax = 20_000;

    private readonly ConcurrentDictionary<(string Tenant, KeyProvider Provider), (string? Key, long At)> _known = new();

    /// <summary>By provider; empty when the tenant brought none for any that answers the model.</summary>
    public async ValueTask<IReadOnlyDictionary<string, string>> FindAsync(string tenantId, ModelEntry model, CancellationToken ct)
    {
        Dictionary<string, string>? keys = null;
        foreach (var offer in model.Offers)
        {
            if (offer.Provider.TenantKey is not { } name || !Enum.TryParse<KeyProvider>(name, ignoreCase: true, out var provider)) { continue; }
            if (await FindAsync(tenantId, provider, ct) is { } key) { (keys ??= [])[offer.Provider.Id] = key; }
        }
        return keys ?? (IReadOnlyDictionary<string, string>)System.Collections.Frozen.FrozenDictionary<string, string>.Empty;
    }

    private async ValueTask<string?> FindAsync(string tenantId, KeyProvider provider, CancellationToken ct)
    {
        if (_known.TryGetValue((tenantId, provider), out var known) && time.GetElapsedTime(known.At) < s_span) { return known.Key; }
        var key = await store.OpenAsync(tenantId, provider, ct);
        if (_known.Count >= CountMax) { _known.Clear(); }
        _known[(tenantId, provider)] = (key, time.GetTimestamp());
        return key;
    }
}
