namespace Wopr.Protocol;

/// <summary>The link is gone, or it went before the answer came: whether the other end did it is not known. Ask again with the same ids.</summary>
public sealed class LinkLostException(string why, Exception? inner = null) : Exception(why, inner);

/// <summary>The other end refused.</summary>
public sealed class LinkRefusedException(LinkProblem problem) : Exception(problem.Message)
{
    public LinkProblem Problem => problem;
}

/// <summary>What came is not a frame.</summary>
internal sealed class FrameException(string why) : Exception(why);

internal static class LinkProblems
{
    public static LinkProblem UnknownVerb(string verb) =>
        new("link.unknown_verb", $"The other end does not know \"{verb}\". Bring it to the same release.");

    public static LinkProblem Unreadable { get; } =
        new("link.unreadable", "The other end cannot read that. Bring both ends to the same release.");

    public static LinkProblem TooLarge { get; } =
        new("link.too_large", $"That is more than the {Frame.BytesMax} bytes that go over a link at once. Ask for less.");

    public static LinkProblem Failed { get; } = new("link.failed", "The other end failed. Its log says why.");
}
