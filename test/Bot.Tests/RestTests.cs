using Wopr.Bot.Turns;

namespace Wopr.Bot.Tests;

public sealed class RestTests : IAsyncDisposable
{
    private readonly TestTime _time = new();
    private readonly Pulse _news = new();
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _looked = new(0);
    private readonly Task _running;
    private bool _isAtRest = true;
    private int _given;

    public RestTests() => _running = Rest.RunAsync(_news, () =>
    {
        _looked.Release();
        return _isAtRest;
    }, () => _given++, _time, _end.Token);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _running.SoonAsync();
        _end.Dispose();
        _looked.Dispose();
    }

    [Fact]
    public async Task It_gives_back_soon_and_then_ever_more_seldom()
    {
        foreach (var seconds in (int[])[1, 8, 64, 512, 600, 600])
        {
            await PassAsync(seconds);
        }
        Assert.Equal(6, _given);
    }

    [Fact]
    public async Task While_something_is_new_it_waits()
    {
        await Eventually.IsAsync(() => _time.Waiting == 1, "it waits");
        _time.Move(TimeSpan.FromSeconds(0.5));
        _news.Fire();
        _time.Move(TimeSpan.FromSeconds(0.5));
        await PassAsync(1);
        await PassAsync(8);
        Assert.Equal(2, _given);
    }

    [Fact]
    public async Task What_a_turn_needs_is_not_given_back()
    {
        _isAtRest = false;
        await PassAsync(1);
        await PassAsync(8);
        Assert.Equal(0, _given);
    }

    /// <summary>Not a moment earlier, and then once.</summary>
    private async Task PassAsync(int seconds)
    {
        await Eventually.IsAsync(() => _time.Waiting == 1, "it waits");
        _time.Move(TimeSpan.FromSeconds(seconds - 0.1));
        Assert.False(await _looked.WaitAsync(50, TestContext.Current.CancellationToken));
        _time.Move(TimeSpan.FromSeconds(0.1));
        await _looked.WaitAsync(TestContext.Current.CancellationToken).SoonAsync();
    }
}
