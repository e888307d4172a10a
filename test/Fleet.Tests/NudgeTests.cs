using System.Collections.Concurrent;
using Wopr.Testing;

namespace Wopr.Fleet.Tests;

/// <summary>Each is looked at once, and again when something happened meanwhile.</summary>
public sealed class NudgeTests : IDisposable
{
    private readonly ConcurrentQueue<(string Key, bool Whole)> _looks = new();
    private readonly ConcurrentQueue<string> _failed = new();
    private readonly SemaphoreSlim _begun = new(0);
    private readonly SemaphoreSlim _goOn = new(0);

    public void Dispose()
    {
        _begun.Dispose();
        _goOn.Dispose();
    }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nudged_often_before_it_is_looked_at_it_is_looked_at_once_and_whole()
    {
        var nudges = Make(workers: 2);
        for (var at = 0; at < 10; at++) { nudges.Add("a", whole: at == 3); }
        nudges.Add("b");
        _goOn.Release(10);
        using var end = new CancellationTokenSource();
        var running = nudges.RunAsync(end.Token);

        await BegunAsync(2);
        await EndAsync(end, running);

        Assert.Equal([("a", true), ("b", false)], _looks.Order());
    }

    [Fact]
    public async Task Nudged_while_it_is_looked_at_it_is_looked_at_again_and_never_by_two()
    {
        var nudges = Make(workers: 4);
        nudges.Add("a");
        using var end = new CancellationTokenSource();
        var running = nudges.RunAsync(end.Token);
        await BegunAsync(1);

        for (var at = 0; at < 10; at++) { nudges.Add("a", whole: at == 9); }
        nudges.Add("b");
        await BegunAsync(1);
        Assert.Equal([("a", false), ("b", false)], _looks);
        _goOn.Release(10);
        await BegunAsync(1);
        await EndAsync(end, running);

        Assert.Equal([("a", false), ("b", false), ("a", true)], _looks);
    }

    [Fact]
    public async Task One_that_fails_is_told_of_and_holds_up_nobody()
    {
        Nudges<string> nudges = new(1, 10, (key, _, _) =>
        {
            _looks.Enqueue((key, false));
            _begun.Release();
            return key == "bad" ? throw new InvalidOperationException() : Task.CompletedTask;
        }, (key, _) => _failed.Enqueue(key));
        nudges.Add("bad");
        nudges.Add("good");
        using var end = new CancellationTokenSource();
        var running = nudges.RunAsync(end.Token);

        await BegunAsync(2);
        nudges.Add("bad");
        await BegunAsync(1);
        await EndAsync(end, running);

        Assert.Equal(["bad", "good", "bad"], _looks.Select(look => look.Key));
        Assert.Equal(["bad", "bad"], _failed);
    }

    [Fact]
    public async Task When_too_many_wait_the_others_can_be_nudged_later()
    {
        var nudges = Make(workers: 1, waitingMax: 2);
        foreach (var key in (string[])["a", "b", "c"]) { nudges.Add(key); }
        _goOn.Release(10);
        using var end = new CancellationTokenSource();
        var running = nudges.RunAsync(end.Token);
        await BegunAsync(2);

        nudges.Add("c");
        await BegunAsync(1);
        await EndAsync(end, running);

        Assert.Equal(["a", "b", "c"], _looks.Select(look => look.Key));
    }

    private Nudges<string> Make(int workers, int waitingMax = 100) => new(workers, waitingMax, async (key, whole, ct) =>
    {
        _looks.Enqueue((key, whole));
        _begun.Release();
        await _goOn.WaitAsync(ct);
    }, (key, _) => _failed.Enqueue(key));

    private async Task BegunAsync(int count)
    {
        for (var at = 0; at < count; at++) { Assert.True(await _begun.WaitAsync(Patience.Max, Ct)); }
    }

    private static async Task EndAsync(CancellationTokenSource end, Task running)
    {
        await end.CancelAsync();
        await running.WaitAsync(Patience.Max, Ct);
    }
}
