namespace Wopr.Bot.Tests;

public sealed class LeaseTests : IDisposable
{
    private readonly TestHome _home = new();
    private readonly TestTime _time = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void It_counts_from_when_it_was_asked_for()
    {
        using Lease lease = new(_time, _home.Log);
        var asked = _time.GetTimestamp();
        _time.Move(TimeSpan.FromSeconds(10));
        lease.Renew(asked, TimeSpan.FromSeconds(15));
        var held = lease.Held;

        _time.Move(TimeSpan.FromSeconds(4.9));
        Assert.True(lease.IsHeld && !held.IsCancellationRequested);
        _time.Move(TimeSpan.FromSeconds(0.1));
        Assert.True(!lease.IsHeld && held.IsCancellationRequested);
    }

    [Fact]
    public void An_answer_that_comes_too_late_gives_nothing()
    {
        using Lease lease = new(_time, _home.Log);
        var asked = _time.GetTimestamp();
        _time.Move(TimeSpan.FromSeconds(15));

        lease.Renew(asked, TimeSpan.FromSeconds(15));

        Assert.False(lease.IsHeld);
        Assert.True(lease.Held.IsCancellationRequested);
    }

    [Fact]
    public void Renewed_it_goes_on_and_an_older_answer_does_not_shorten_it()
    {
        using Lease lease = new(_time, _home.Log);
        var first = _time.GetTimestamp();
        lease.Renew(first, TimeSpan.FromSeconds(15));
        var held = lease.Held;
        _time.Move(TimeSpan.FromSeconds(10));
        lease.Renew(_time.GetTimestamp(), TimeSpan.FromSeconds(15));
        lease.Renew(first, TimeSpan.FromSeconds(15));

        _time.Move(TimeSpan.FromSeconds(14));

        Assert.True(lease.IsHeld && !held.IsCancellationRequested);
    }

    [Fact]
    public async Task Whoever_waits_for_it_gets_it()
    {
        using Lease lease = new(_time, _home.Log);
        var waiting = lease.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);

        lease.Renew(_time.GetTimestamp(), TimeSpan.FromSeconds(15));

        await waiting.SoonAsync();
        lease.Lose();
        Assert.False(lease.IsHeld);
        lease.Renew(_time.GetTimestamp(), TimeSpan.FromSeconds(15));
        Assert.True(lease.IsHeld && !lease.Held.IsCancellationRequested);
    }
}
