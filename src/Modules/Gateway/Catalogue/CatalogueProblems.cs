using Wopr.Kernel;

namespace Wopr.Gateway.Catalogue;

internal static class CatalogueProblems
{
    public static Problem BadProviderId { get; } = Bad("gateway.bad_provider",
        "A provider's id has 1 to 40 lower case letters, digits and hyphens, and begins with a letter or a digit.");

    public static Problem BadDialect { get; } = Bad("gateway.bad_dialect", "A provider's dialect is openai or anthropic.");

    public static Problem BadAddress { get; } = Bad("gateway.bad_address", $"A provider's baseUrl {UpstreamAddress.Rule}");

    public static Problem BadProviderKey { get; } = Bad("gateway.bad_provider_key",
        "An API key has 1 to 4096 printable characters and no spaces. Copy it from the provider's page again.");

    public static Problem BadPolicy { get; } = Bad("gateway.bad_policy", "What happens on disconnect is drain or cancel.");

    public static Problem BadTimeout { get; } = Bad("gateway.bad_timeout",
        "Timeouts are milliseconds: connectMs 100 to 600000, firstByteMs and idleMs 100 to 3600000, totalMs 100 to 86400000.");

    public static Problem KeyStaysBehind { get; } = Bad("gateway.key_stays_behind",
        "A stored key is not sent to another address. Give the apiKey for the new baseUrl along with it.");

    public static Problem FromSettings { get; } = Bad("gateway.provider_from_settings",
        "This provider's address and key come from the platform's settings. Here it can be enabled, disabled and timed.");

    public static Problem ProviderExists { get; } = new(ProblemKind.Conflict, "gateway.provider_exists",
        "There is a provider with this id. Change it, or take another id.");

    public static Problem UnknownProvider { get; } = new(ProblemKind.NotFound, "gateway.unknown_provider",
        "There is no provider with this id.");

    public static Problem BadModel { get; } = Bad("gateway.bad_model",
        "A model's id has 1 to 200 letters, digits and . _ : / @ + -; contextTokens is at least 1, outputTokensMax at least 0, "
        + "and ownedBy has 1 to 100 characters.");

    public static Problem BadCapability { get; } = Bad("gateway.bad_capability",
        $"A model's capability is one of {string.Join(", ", ModelAdmin.Capabilities)}.");

    public static Problem UnknownModel { get; } = new(ProblemKind.NotFound, "gateway.unknown_model", "There is no model with this id.");

    public static Problem BadAlias { get; } = Bad("gateway.bad_alias",
        "An alias has 1 to 200 letters, digits and . _ : / @ + -, and is no model's id.");

    public static Problem UnknownAlias { get; } = new(ProblemKind.NotFound, "gateway.unknown_alias", "There is no such alias.");

    public static Problem BadUpstreamModel { get; } = Bad("gateway.bad_upstream_model",
        "What the provider calls the model has 1 to 200 printable characters and no spaces.");

    public static Problem UnknownOffer { get; } = new(ProblemKind.NotFound, "gateway.unknown_offer",
        "This provider does not offer this model. Add the offer first, then its price.");

    public static Problem BadPrice { get; } = Bad("gateway.bad_price",
        $"Prices are nano-dollars: per million tokens 0 to {PriceAdmin.PerMillionMax}, per request 0 to {PriceAdmin.PerRequestMax}; "
        + $"the margin is 0 to {PriceAdmin.MarginMax} basis points.");

    public static Problem PastPrice { get; } = Bad("gateway.past_price",
        "A price begins in the future, or at once when effectiveFrom is not given. What was charged stays charged.");

    public static Problem ListUnreachable { get; } = new(ProblemKind.Unavailable, "gateway.list_unreachable",
        "The provider did not give its list of models. Check its address and key, and try again.");

    public static Problem ListUnreadable { get; } = new(ProblemKind.Unprocessable, "gateway.list_unreadable",
        "What the provider gave is no list of models as OpenRouter gives it: an object with data, an array of models.");

    private static Problem Bad(string code, string detail) => new(ProblemKind.Invalid, code, detail);
}
