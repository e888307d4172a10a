using System.Collections.Concurrent;

namespace Wopr.Kernel.Tests;

public sealed class ListenerTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_hears_what_is_told_also_on_channels_that_came_later()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        var (first, later) = (new ConcurrentQueue<string?>(), new ConcurrentQueue<string?>());
        using var one = kernel.Listener.On("first", first.Enqueue);
        await Eventually.IsAsync(() => first.Contains(null), Ct);
        using var two = kernel.Listener.On("later", later.Enqueue);
        await Eventually.IsAsync(() => later.Contains(null), Ct);

        await TellAsync(kernel, "first", "a");
        await TellAsync(kernel, "later", "b");

        await Eventually.IsAsync(() => first.Contains("a") && later.Contains("b"), Ct);
        Assert.DoesNotContain("b", first);
    }

    [Fact]
    public async Task After_its_connection_was_cut_it_says_so_and_hears_again()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        var heard = new ConcurrentQueue<string?>();
        using var subscription = kernel.Listener.On("news", heard.Enqueue);
        await Eventually.IsAsync(() => heard.Count == 1, Ct);

        await kernel.Db.ExecuteAsync($"""
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and query like 'listen%'
            """, Ct);
        await Eventually.IsAsync(() => heard.Count == 2, Ct);
        await TellAsync(kernel, "news", "again");

        await Eventually.IsAsync(() => heard.Contains("again"), Ct);
        Assert.Equal([null, null, "again"], heard);
    }

    [Fact]
    public async Task A_subscriber_that_throws_or_left_disturbs_nobody()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        var (gone, heard) = (new ConcurrentQueue<string?>(), new ConcurrentQueue<string?>());
        using var throws = kernel.Listener.On("news", _ => throw new InvalidOperationException("boom"));
        var leaves = kernel.Listener.On("news", gone.Enqueue);
        using var stays = kernel.Listener.On("news", heard.Enqueue);
        leaves.Dispose();
        await Eventually.IsAsync(() => heard.Contains(null), Ct);
        gone.Clear();

        await TellAsync(kernel, "news", "x");

        await Eventually.IsAsync(() => heard.Contains("x"), Ct);
        Assert.Empty(gone);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a;drop table x")]
    [InlineData("Upper")]
    public async Task A_channel_with_an_odd_name_is_refused(string channel)
    {
        await using var kernel = await TestKernel.StartAsync(Ct);

        Assert.Throws<ArgumentException>(() => kernel.Listener.On(channel, _ => { }));
    }

    private static Task TellAsync(TestKernel kernel, string channel, string payload) =>
        kernel.Db.ExecuteAsync($"select pg_notify({channel}, {payload})", Ct);
}
