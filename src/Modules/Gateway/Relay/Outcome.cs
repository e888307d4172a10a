using Wopr.Gateway.Routing;
using Wopr.Kernel;

namespace Wopr.Gateway.Relay;

/// <summary>How the attempt with one provider went.</summary>
/// <param name="Problem">What the caller is told; null when it was answered.</param>
/// <param name="Failure">What it says of the provider; null when nothing.</param>
/// <param name="HasBegun">Some of the answer went out, or would have: nobody else may answer now, and it is charged.</param>
/// <param name="IsWhole">The answer came to its end.</param>
internal sealed record Outcome(Problem? Problem, Failure? Failure, bool HasBegun, bool IsWhole)
{
    /// <summary>How long the provider wants to be left alone.</summary>
    public TimeSpan? RetryAfter { get; private init; }

    public static Outcome Whole { get; } = new(null, null, HasBegun: true, IsWhole: true);

    /// <summary>The caller left, and so the provider was left too.</summary>
    public static Outcome Left { get; } = new(null, null, HasBegun: true, IsWhole: false);

    /// <summary>The ledger could not keep its promise, so what was answered is for nobody.</summary>
    public static Outcome NotStarted(Problem why) => new(why, null, HasBegun: false, IsWhole: false);

    public static Outcome BrokeOff(Failure why) => new(GatewayProblems.Broken, why, HasBegun: true, IsWhole: false);

    public static Outcome NothingCame(Failure why) => new(GatewayProblems.Failed, why, HasBegun: false, IsWhole: false);

    public static Outcome Refused(UpstreamRefusal refusal) =>
        new(refusal.Problem, refusal.Failure, HasBegun: false, IsWhole: false) { RetryAfter = refusal.RetryAfter };
}
