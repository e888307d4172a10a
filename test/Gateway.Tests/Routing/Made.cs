using Wopr.Gateway.Catalogue;
using Wopr.Gateway.Routing;
using Wopr.Gateway.Tests.Catalogue;

namespace Wopr.Gateway.Tests.Routing;

/// <summary>Models and offers that need no catalogue.</summary>
internal static class Made
{
    public static void Break(Replica replica, Offer offer)
    {
        for (var failure = 0; failure < BreakerPace.FailuresInRow; failure++) { replica.Router.Failed(offer, Failure.ServerError); }
    }

    public static IReadOnlyList<string> Names(Replica replica, ModelEntry model, ulong conversation = 0) =>
        [.. replica.Router.Order(model, Dialect.Openai, conversation, byok: false).Select(offer => offer.Provider.Id)];

    public static ModelEntry Model(params Offer[] offers) => new("m", "acme", "chat-completions", 1000, 1000, offers);

    public static Offer Offer(string provider, long price, bool isOwn = false, string? tenantKey = null, string? key = "key") => new(
        new(provider, Dialect.Openai, new("https://example.com"), key, OnDisconnect.Drain, SpeaksResponses: false, isOwn, tenantKey,
            UpstreamTimeouts.Standard)
        { NeedsKey = true }, "m", new(price, 0, 0, 0, 0, 0));
}
