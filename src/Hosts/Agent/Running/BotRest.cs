namespace Wopr.Agent.Running;

/// <summary>A bot's data for somebody who uses them while nothing of the bot runs, until it is disposed.</summary>
internal sealed record BotRest(CancellationTokenSource Ends, Action Over) : IDisposable
{
    /// <summary>The user that the bot's program runs as; null for the agent's.</summary>
    public int? Uid { get; init; }

    /// <summary>Cancelled when whoever has them is to make room.</summary>
    public CancellationToken Token => Ends.Token;

    public void Dispose()
    {
        Over();
        Ends.Dispose();
    }
}
