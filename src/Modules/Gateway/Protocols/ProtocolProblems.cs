using Wopr.Kernel;

namespace Wopr.Gateway.Protocols;

internal static class ProtocolProblems
{
    public static Problem Unreadable { get; } = new(ProblemKind.Invalid, "request.bad_json",
        $"The body has to be one JSON object in UTF-8, no deeper than {Json.DepthMax} levels.");

    public static Problem Untranslatable { get; } = new(ProblemKind.Invalid, "protocol.not_translated",
        "This model's provider does not answer requests of this kind. Use another model or another address.");

    /// <summary>The provider said no in the middle of its answer; its own words may name our accounts.</summary>
    public static Problem ProviderFailed { get; } = new(ProblemKind.Unavailable, "provider.failed",
        "The model's provider stopped with an error. Ask again.");

    public static Problem ProviderBusy { get; } = new(ProblemKind.Unavailable, "provider.overloaded",
        "The model's provider has too much to do. Ask again in a moment.");

    public static Problem BadAnswer { get; } = new(ProblemKind.Unavailable, "provider.bad_answer",
        "The model's provider sent an answer that cannot be read. Ask again.");

    public static Problem BrokeOff { get; } = new(ProblemKind.Unavailable, "provider.broke_off",
        "The model's answer broke off before its end. Ask again.");

    public static Problem Wrong(string field, string what) =>
        new(ProblemKind.Invalid, "protocol.invalid_field", $"{field} {what}");

    public static Problem NotCarried(string field, string advice) => new(ProblemKind.Invalid, "protocol.not_carried",
        $"{field} cannot be carried over to the provider of this model. {advice}");
}
