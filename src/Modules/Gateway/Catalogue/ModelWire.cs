namespace Wopr.Gateway.Catalogue;

internal sealed record ModelView(
    string Id, string OwnedBy, string Capability, long ContextTokens, long OutputTokensMax, bool IsEnabled,
    IReadOnlyList<string> Aliases, IReadOnlyList<OfferView> Offers);

/// <param name="Price">What is in force; null keeps the offer from being used.</param>
internal sealed record OfferView(string Provider, string UpstreamModel, bool IsEnabled, PriceView? Price);

/// <summary>Nano-dollars for a million tokens, and for a request.</summary>
internal sealed record PriceView(
    long InputPerMillion, long CachedInputPerMillion, long CacheWritePerMillion, long OutputPerMillion, long PerRequest,
    int MarginBasisPoints)
{
    public static PriceView From(Price price) => new(price.InputPerMillion, price.CachedInputPerMillion, price.CacheWritePerMillion,
        price.OutputPerMillion, price.PerRequest, price.MarginBasisPoints);
}

internal sealed record ModelList(IReadOnlyList<ModelView> Models);

internal sealed record PutModel(
    string Id, string OwnedBy, string Capability, long ContextTokens, long OutputTokensMax, bool IsEnabled = true);

internal sealed record PutAlias(string Alias, string Model);

internal sealed record PutOffer(string Model, string Provider, string UpstreamModel, bool IsEnabled = true);

/// <param name="CachedInputPerMillion">As other input when it is not given; so is what is written to the cache.</param>
/// <param name="EffectiveFrom">At once when it is not given.</param>
internal sealed record AddPrice(
    string Model, string Provider, long InputPerMillion, long OutputPerMillion, long? CachedInputPerMillion = null,
    long? CacheWritePerMillion = null, long PerRequest = 0, int MarginBasisPoints = PriceAdmin.MarginStandard,
    DateTimeOffset? EffectiveFrom = null);

internal sealed record PriceRow(long Id, string Model, string Provider, DateTimeOffset EffectiveFrom, DateTimeOffset CreatedAt, Price Price);

internal sealed record PriceEntryView(
    long Id, string Model, string Provider, DateTimeOffset EffectiveFrom, DateTimeOffset CreatedAt, PriceView Price)
{
    public static PriceEntryView From(PriceRow row) =>
        new(row.Id, row.Model, row.Provider, row.EffectiveFrom, row.CreatedAt, PriceView.From(row.Price));
}

/// <summary>What a million tokens cost us, what we add, and what tenants pay: nano-dollars.</summary>
internal sealed record MarginView(
    string Model, string Provider, int MarginBasisPoints, long InputCost, long InputPrice, long OutputCost, long OutputPrice,
    long RequestCost, long RequestPrice);

internal sealed record MarginReport(IReadOnlyList<MarginView> Margins);
