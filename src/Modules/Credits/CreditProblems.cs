using Wopr.Kernel;

namespace Wopr.Credits;

internal static class CreditProblems
{
    public static Problem NothingToAdjust { get; } =
        new(ProblemKind.Invalid, "credits.nothing_to_adjust", "Say by how much to adjust: an amount other than zero.");

    public static Problem NotThatMuch { get; } = new(ProblemKind.Conflict, "credits.not_that_much",
        "The balance does not hold that much. Take less, or charge it back as a refund to have the rest owed.");
}
