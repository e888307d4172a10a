using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;

namespace Wopr.Kernel.Tests;

public sealed class LeaseTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_holds_it_until_it_gives_it_back()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        var leases = kernel.Get<Leases>();

        var held = await leases.TryTakeAsync("seal", s_minute, Ct);
        Assert.NotNull(held);
        Assert.Null(await leases.TryTakeAsync("seal", s_minute, Ct));
        await using var other = await leases.TryTakeAsync("other", s_minute, Ct);
        Assert.NotNull(other);
        await held.DisposeAsync();
        await using var next = await leases.TryTakeAsync("seal", s_minute, Ct);

        Assert.NotNull(next);
        Assert.False(next.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task Of_many_who_ask_at_once_one_gets_it()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);

        var taken = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => kernel.Get<Leases>().TryTakeAsync("seal", s_minute, Ct)));

        await using var winner = Assert.Single(taken, lease => lease is not null);
    }

    [Fact]
    public async Task It_is_renewed_beyond_its_time()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        await using var held = await kernel.Get<Leases>().TryTakeAsync("seal", TimeSpan.FromSeconds(1.5), Ct);

        await Task.Delay(TimeSpan.FromSeconds(4), Ct);

        Assert.False(held!.Lost.IsCancellationRequested);
        Assert.Null(await kernel.Get<Leases>().TryTakeAsync("seal", s_minute, Ct));
    }

    [Fact]
    public async Task A_holder_that_died_is_replaced_when_its_time_is_over()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        await LeaseSql.TakeAsync(kernel.Db, "seal", "a killed process", TimeSpan.FromMilliseconds(500), whenDue: false, Ct);
        var watch = Stopwatch.StartNew();

        Lease? next = null;
        await Eventually.IsAsync(async () => (next = await kernel.Get<Leases>().TryTakeAsync("seal", s_minute, Ct)) is not null, Ct);

        Assert.True(watch.ElapsedMilliseconds >= 450, $"It was taken after {watch.Elapsed}.");
        await next!.DisposeAsync();
    }

    [Fact]
    public async Task Who_lost_it_is_told_and_does_not_take_it_back()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        var held = await kernel.Get<Leases>().TryTakeAsync("seal", TimeSpan.FromMilliseconds(600), Ct);

        await kernel.Db.ExecuteAsync($"update kernel.lease set holder = 'another', expires_at = now() + {s_minute}", Ct);

        await Eventually.IsAsync(() => held!.Lost.IsCancellationRequested, Ct);
        await held!.DisposeAsync();
        Assert.Null(await kernel.Get<Leases>().TryTakeAsync("seal", s_minute, Ct));
    }

    [Fact]
    public async Task Who_cannot_reach_the_database_stops_before_another_may_begin()
    {
        await using var kernel = await TestKernel.StartAsync(Ct);
        await using var held = await kernel.Get<Leases>().TryTakeAsync("seal", TimeSpan.FromSeconds(8), Ct);

        // Renewals now wait for this transaction, as if the network had swallowed them.
        await kernel.Db.TransactAsync(async tx =>
        {
            await tx.ExecuteAsync($"lock table kernel.lease in exclusive mode", Ct);
            await Eventually.IsAsync(() => held!.Lost.IsCancellationRequested, Ct);
            Assert.True(await tx.ValueAsync<bool>($"select expires_at > clock_timestamp() from kernel.lease", Ct));
            return Done.Instance;
        }, Ct);
    }

    [Fact]
    public async Task A_job_runs_on_its_period_and_never_on_two_replicas_at_once()
    {
        var job = new TestJob { Do = ct => Task.Delay(30, ct) };
        var every = TimeSpan.FromMilliseconds(50);
        await using var one = await TestKernel.StartAsync(Ct, job.AddTo(every));
        await using var other = await TestKernel.StartAsync(Ct, job.AddTo(every), source: one.Source);

        await Eventually.IsAsync(() => job.Starts.Count >= 10, Ct);

        Assert.Equal(0, job.Overlaps);
        Assert.All(job.Starts.Zip(job.Starts.Skip(1)), pair =>
            Assert.True(pair.Second - pair.First >= TimeSpan.FromMilliseconds(75), $"{pair.Second - pair.First}"));
    }

    [Fact]
    public async Task A_restart_does_not_run_a_job_that_is_not_due()
    {
        var job = new TestJob();
        await using var one = await TestKernel.StartAsync(Ct, job.AddTo(TimeSpan.FromHours(1)));
        await Eventually.IsAsync(() => job.Starts.Count == 1, Ct);
        await one.StopAsync(Ct);

        await using var again = await TestKernel.StartAsync(Ct, job.AddTo(TimeSpan.FromHours(1)), source: one.Source);
        await Task.Delay(300, Ct);

        Assert.Single(job.Starts);
    }

    [Fact]
    public async Task A_nudge_runs_a_job_before_its_time_and_again_when_it_comes_meanwhile()
    {
        var gate = new SemaphoreSlim(1);
        var job = new TestJob { Do = ct => gate.WaitAsync(ct) };
        await using var kernel = await TestKernel.StartAsync(Ct, job.AddTo(TimeSpan.FromHours(1)));
        await Eventually.IsAsync(() => job.Starts.Count == 1, Ct);
        await Task.Delay(200, Ct);

        await Jobs.NudgeAsync(kernel.Db, "another", Ct);
        await Task.Delay(100, Ct);
        Assert.Single(job.Starts);
        await Jobs.NudgeAsync(kernel.Db, TestJob.Name, Ct);
        await Eventually.IsAsync(() => job.Starts.Count == 2, Ct);
        await Jobs.NudgeAsync(kernel.Db, TestJob.Name, Ct);
        await Task.Delay(100, Ct);
        gate.Release(2);

        await Eventually.IsAsync(() => job.Starts.Count == 3, Ct);
    }

    [Fact]
    public async Task A_job_that_fails_runs_again_and_one_whose_lease_is_lost_is_stopped()
    {
        var stopped = 0;
        var job = new TestJob();
        job.Do = async ct =>
        {
            if (job.Starts.Count == 1) { throw new InvalidOperationException("boom"); }
            await Task.Delay(-1, ct).ContinueWith(_ => Interlocked.Increment(ref stopped), TaskScheduler.Default);
        };
        await using var kernel = await TestKernel.StartAsync(Ct, services =>
        {
            job.AddTo(TimeSpan.FromHours(1))(services);
            services.AddSingleton(new JobPace
            {
                Lease = TimeSpan.FromMilliseconds(300),
                RetryAfter = TimeSpan.FromMilliseconds(20),
                LookEvery = TimeSpan.FromMilliseconds(20),
            });
        });
        await Eventually.IsAsync(() => job.Starts.Count == 2, Ct);

        await kernel.Db.ExecuteAsync($"update kernel.lease set holder = 'another', expires_at = now() + {s_minute}", Ct);

        await Eventually.IsAsync(() => stopped == 1, Ct);
        Assert.Equal("another", await kernel.Db.ValueAsync<string>($"select holder from kernel.lease", Ct));
    }

    [Fact]
    public async Task A_job_stopped_with_its_process_goes_on_elsewhere()
    {
        var job = new TestJob();
        job.Do = ct => job.Starts.Count == 1 ? Task.Delay(-1, ct) : Task.CompletedTask;
        await using var one = await TestKernel.StartAsync(Ct, job.AddTo(TimeSpan.FromHours(1)));
        await Eventually.IsAsync(() => job.Starts.Count == 1, Ct);

        var watch = Stopwatch.StartNew();
        await one.StopAsync(Ct);
        Assert.True(watch.ElapsedMilliseconds < 1000, $"Stopping took {watch.ElapsedMilliseconds} ms.");
        await using var other = await TestKernel.StartAsync(Ct, job.AddTo(TimeSpan.FromHours(1)), source: one.Source);

        await Eventually.IsAsync(() => job.Starts.Count == 2, Ct);
    }

    private sealed class TestJob : IJob
    {
        public const string Name = "test-job";

        private int _running;
        private int _overlaps;

        public Func<CancellationToken, Task> Do { get; set; } = _ => Task.CompletedTask;

        public ConcurrentQueue<TimeSpan> Starts { get; } = new();

        public int Overlaps => _overlaps;

        public Action<IServiceCollection> AddTo(TimeSpan every) => services =>
        {
            services.AddSingleton(this);
            services.AddExclusiveJob<TestJob>(Name, every);
        };

        public async Task RunAsync(CancellationToken ct)
        {
            if (Interlocked.Increment(ref _running) > 1) { Interlocked.Increment(ref _overlaps); }
            Starts.Enqueue(Stopwatch.GetElapsedTime(0));
            try
            {
                await Do(ct);
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }
        }
    }
}
