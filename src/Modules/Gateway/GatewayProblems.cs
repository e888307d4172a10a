using Wopr.Kernel;

namespace Wopr.Gateway;

/// <summary>Every refusal of the pipeline itself. What a provider said never stands in one as it came.</summary>
internal static class GatewayProblems
{
    public static Problem NoKey { get; } = new(ProblemKind.Unauthenticated, "missing_api_key",
        "Send your key as `Authorization: Bearer wopr_sk_…` or as `x-api-key`. Keys are made under Gateway in the dashboard.");

    public static Problem BadKeyFormat { get; } = new(ProblemKind.Unauthenticated, "invalid_auth_format",
        "The Authorization header is not `Bearer` and a key. Send `Authorization: Bearer wopr_sk_…`.");

    public static Problem UnknownKey { get; } = new(ProblemKind.Unauthenticated, "invalid_api_key",
        "This key is not known, was revoked or has ended. Make a new one under Gateway in the dashboard.");

    public static Problem Suspended { get; } = new(ProblemKind.Forbidden, "tenant_suspended",
        "This account is suspended, so its keys do not work. Write to support to have it lifted.");

    public static Problem Nowhere { get; } = new(ProblemKind.NotFound, "route.not_found",
        "There is nothing at this address. The gateway answers /v1/chat/completions, /v1/responses, /v1/completions, /v1/embeddings, /v1/messages and /v1/models.");

    public static Problem NoObject { get; } = new(ProblemKind.Invalid, "request.invalid", "The body is a JSON object.");

    public static Problem BadText { get; } = new(ProblemKind.Invalid, "request.invalid", "The body is not valid UTF-8. Encode it as UTF-8.");

    public static Problem NoModel { get; } = new(ProblemKind.Invalid, "model_missing",
        "Say which model is to answer: `model` is a text of 1 to 400 bytes. GET /v1/models lists them.");

    public static Problem BadStream { get; } = new(ProblemKind.Invalid, "request.invalid", "`stream` is true or false.");

    public static Problem BadLimit { get; } = new(ProblemKind.Invalid, "request.invalid",
        "The limit of output tokens is a whole number of at least 1.");

    public static Problem BadChoices { get; } = new(ProblemKind.Invalid, "request.invalid", "`n` and `best_of` are whole numbers from 1 to 128.");

    public static Problem TooLarge { get; } = new(ProblemKind.TooLarge, "request_too_large",
        $"Request body too large. Maximum size is {GatewayOptions.BodyBytesMax / 1024 / 1024}MB.");

    public static Problem TooSlow { get; } = new(ProblemKind.Invalid, "request.too_slow", "The body came too slowly or not whole. Send the request again.");

    public static Problem Full { get; } = new(ProblemKind.Unavailable, "gateway_full",
        "The gateway is reading too many large requests at once. Try again in a moment.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Problem RateLimitedUpstream(TimeSpan? wait) => new(ProblemKind.LimitReached, "rate_limit_exceeded",
        "All providers of this model are busy. Try again in a moment.")
    { RetryAfter = wait ?? TimeSpan.FromSeconds(5) };

    public static Problem NoProvider { get; } = new(ProblemKind.Unavailable, "service_unavailable",
        "No provider of this model can be reached at the moment. Try again in a moment, or take another model.")
    { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Problem Failed { get; } = new(ProblemKind.Unavailable, "upstream_error",
        "The model's provider failed before it answered, and nothing was charged. Try again.")
    { RetryAfter = TimeSpan.FromSeconds(1) };

    public static Problem Broken { get; } = new(ProblemKind.Unavailable, "upstream_error",
        "The model's provider broke off in the middle of its answer. What was written until then is charged. Try again.");

    public static Problem OwnKeyRefused { get; } = new(ProblemKind.Invalid, "own_key_refused",
        "The provider refused the key that this account brought. Replace or remove it under API keys in the dashboard.");

    public static Problem Twice(string name) => new(ProblemKind.Invalid, "request.invalid", $"`{name}` stands in the body twice. Send it once.");

    public static Problem NoSuchModel(string model) => new(ProblemKind.NotFound, "model_not_found",
        $"There is no model `{Shown(model)}`, or not for this address. GET /v1/models lists those there are.");

    public static Problem ModelNotAllowed(string model) => new(ProblemKind.Forbidden, "model_not_allowed",
        $"This key may not use `{Shown(model)}`. Allow it for the key under Gateway in the dashboard.");

    /// <param name="said">The provider's words about the caller's own request, cleaned.</param>
    public static Problem Refused(ProblemKind kind, string? said) => new(kind, "provider_error",
        said is null ? "The model's provider does not accept this request. Check its parameters." : $"The model's provider does not accept this request: {said}");

    private static string Shown(string model) => model.Length <= 100 ? model : $"{model[..100]}…";
}
