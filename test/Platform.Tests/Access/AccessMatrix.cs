namespace Wopr.Platform.Tests;

/// <summary>What everybody is told by every call.</summary>
public sealed class AccessMatrix : IAsyncLifetime
{
    public AccessWorld World { get; } = new();
    public IReadOnlyList<Outcome> Outcomes { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        await World.InitializeAsync();
        var outcomes = new List<Outcome>();
        foreach (var call in World.Calls)
        {
            foreach (var principal in World.Principals) { outcomes.Add(await World.AskAsync(call, principal)); }
        }
        Outcomes = outcomes;
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();
}
