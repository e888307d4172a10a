namespace Wopr.Gateway.Catalogue;

/// <summary>The catalogue as the database has it at one moment.</summary>
/// <param name="NextPriceIn">Until the next price begins; null when none is known.</param>
internal sealed record CatalogueRows(
    IReadOnlyList<ProviderRow> Providers, IReadOnlyList<ModelRow> Models, IReadOnlyList<AliasRow> Aliases,
    IReadOnlyList<OfferRow> Offers, TimeSpan? NextPriceIn);

/// <param name="Dialect">Null for a provider from the settings, whose other values stand in for what is null here.</param>
internal sealed record ProviderRow(
    string Id, Dialect? Dialect, string? BaseUrl, byte[]? Sealed, bool Enabled, OnDisconnect? OnDisconnect,
    TimeoutRow Timeouts, bool SpeaksResponses, bool IsOwn)
{
    public bool IsBuiltIn => Dialect is null;
}

/// <summary>Milliseconds; null is the standard.</summary>
internal sealed record TimeoutRow(int? Connect, int? FirstByte, int? Idle, int? Total)
{
    public UpstreamTimeouts Over(UpstreamTimeouts standard) => new(
        Connect is { } connect ? TimeSpan.FromMilliseconds(connect) : standard.Connect,
        FirstByte is { } first ? TimeSpan.FromMilliseconds(first) : standard.FirstByte,
        Idle is { } idle ? TimeSpan.FromMilliseconds(idle) : standard.Idle,
        Total is { } total ? TimeSpan.FromMilliseconds(total) : standard.Total);
}

internal sealed record ModelRow(
    string Id, string OwnedBy, string Capability, long ContextTokens, long OutputTokensMax, bool Enabled);

internal sealed record AliasRow(string Alias, string Model);

/// <param name="Price">What is in force; null when no price has begun.</param>
internal sealed record OfferRow(string Model, string Provider, string UpstreamModel, bool Enabled, Price? Price);
