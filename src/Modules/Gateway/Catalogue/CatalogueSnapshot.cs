using System.Collections.Frozen;

namespace Wopr.Gateway.Catalogue;

/// <summary>Everything that can be asked for, at one moment. It never changes.</summary>
internal sealed class CatalogueSnapshot
{
    private readonly FrozenDictionary<string, ModelEntry> _byName;

    private CatalogueSnapshot(IReadOnlyList<Provider> providers, IReadOnlyList<ModelEntry> models,
        FrozenDictionary<string, ModelEntry> byName) => (Providers, Models, _byName) = (providers, models, byName);

    public static CatalogueSnapshot Empty { get; } = new([], [], FrozenDictionary<string, ModelEntry>.Empty);

    /// <summary>Those that are enabled.</summary>
    public IReadOnlyList<Provider> Providers { get; }

    /// <summary>By name; each has somebody who answers it.</summary>
    public IReadOnlyList<ModelEntry> Models { get; }

    public ModelEntry? Find(string name) => _byName.GetValueOrDefault(name);

    /// <param name="open">The key of a provider that operators added; null when it does not open.</param>
    public static CatalogueSnapshot Of(CatalogueRows rows, IReadOnlyList<Provider> fromSettings, Func<ProviderRow, string?> open)
    {
        var settings = fromSettings.ToDictionary(provider => provider.Id, StringComparer.Ordinal);
        var providers = rows.Providers.Where(row => row.Enabled)
            .Select(row => ProviderOf(row, settings.GetValueOrDefault(row.Id), open)).OfType<Provider>()
            .ToDictionary(provider => provider.Id, StringComparer.Ordinal);
        // Nobody pays for an answer without a price, so an offer waits for its first one.
        var offers = rows.Offers
            .Where(row => row.Enabled && row.Price is not null && providers.ContainsKey(row.Provider))
            .ToLookup(row => row.Model, row => new Offer(providers[row.Provider], row.UpstreamModel, row.Price!), StringComparer.Ordinal);
        List<ModelEntry> models =
        [
            .. rows.Models.Where(row => row.Enabled && offers.Contains(row.Id)).Select(row => new ModelEntry(
                row.Id, row.OwnedBy, row.Capability, row.ContextTokens, row.OutputTokensMax, [.. offers[row.Id]])),
        ];
        var byName = models.ToDictionary(model => model.Id, StringComparer.Ordinal);
        foreach (var alias in rows.Aliases)
        {
            if (byName.TryGetValue(alias.Model, out var model) && model.Id == alias.Model) { byName.TryAdd(alias.Alias, model); }
        }
        return new([.. providers.Values], models, byName.ToFrozenDictionary(StringComparer.Ordinal));
    }

    /// <summary>Null for one that the settings do not offer.</summary>
    public static Provider? ProviderOf(ProviderRow row, Provider? fromSettings, Func<ProviderRow, string?> open)
    {
        if (row.IsBuiltIn)
        {
            return fromSettings is null ? null : fromSettings with
            {
                OnDisconnect = row.OnDisconnect ?? fromSettings.OnDisconnect,
                Timeouts = row.Timeouts.Over(fromSettings.Timeouts),
            };
        }
        // A tenant's key is for whom the tenant knows, so nobody that operators add is sent one.
        return new(row.Id, row.Dialect!.Value, new(row.BaseUrl!), open(row), row.OnDisconnect ?? OnDisconnect.Drain,
            row.SpeaksResponses, row.IsOwn, TenantKey: null, row.Timeouts.Over(UpstreamTimeouts.Standard))
        {
            NeedsKey = row.Sealed is not null,
        };
    }
}
