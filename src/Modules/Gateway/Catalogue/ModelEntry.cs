namespace Wopr.Gateway.Catalogue;

/// <summary>A model as callers know it.</summary>
/// <param name="Id">anthropic/claude-sonnet-4.5</param>
/// <param name="Capability">To whose limits its use counts: chat-completions, embeddings.</param>
/// <param name="OutputTokensMax">The most it writes; what a request without a limit of its own may take.</param>
/// <param name="Offers">Who answers it; at least one.</param>
internal sealed record ModelEntry(
    string Id, string OwnedBy, string Capability, long ContextTokens, long OutputTokensMax, IReadOnlyList<Offer> Offers);

/// <summary>One provider's offer of a model.</summary>
/// <param name="UpstreamModel">What the provider calls it.</param>
internal sealed record Offer(Provider Provider, string UpstreamModel, Price Price);
