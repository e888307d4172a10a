namespace Wopr.Protocol;

/// <summary>How patient a link is; tests hurry it.</summary>
internal sealed record LinkPace
{
    public static LinkPace Usual { get; } = new();

    public TimeSpan Ping { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Whoever says nothing for so long is gone.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a feed waits for its reader before it ends.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the other end may take to hear why.</summary>
    public TimeSpan Farewell { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan Dial { get; init; } = TimeSpan.FromSeconds(10);
    public TimeSpan RetryFirst { get; init; } = TimeSpan.FromSeconds(1);
    public TimeSpan RetryMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A link that lasted so long was a good one.</summary>
    public TimeSpan Healthy { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Before the same is asked again of a link that is there.</summary>
    public TimeSpan AskAgain { get; init; } = TimeSpan.FromMilliseconds(200);
}
