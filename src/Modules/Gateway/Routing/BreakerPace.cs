namespace Wopr.Gateway.Routing;

/// <summary>When circuits open and how long they stay so; tests hurry them.</summary>
internal sealed record BreakerPace
{
    public const int FailuresInRow = 5;
    public const int WindowRequestsMin = 10;

    public TimeSpan Cooldown { get; init; } = TimeSpan.FromSeconds(5);

    public TimeSpan CooldownMax { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>After it, somebody else may probe: whoever did has died.</summary>
    public TimeSpan ProbeMax { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>However long a provider says it wants to be left alone.</summary>
    public TimeSpan LimitMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the database is looked at without news.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After it, an offer nobody asked for is forgotten.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(10);
}
