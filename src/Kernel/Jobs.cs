using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>
/// Work that one replica at a time does, on a period and on a nudge. It takes no input, looks for itself what there
/// is to do, and leaves nothing wrong when it is stopped anywhere; its token is cancelled when its lease is lost.
/// </summary>
public interface IJob
{
    Task RunAsync(CancellationToken ct);
}

public static class Jobs
{
    internal const string Channel = "job";

    /// <param name="name">Stable: replicas of two builds must not both run it.</param>
    public static void AddExclusiveJob<TJob>(this IServiceCollection services, string name, TimeSpan every)
        where TJob : class, IJob
    {
        services.TryAddSingleton<TJob>();
        services.AddSingleton<IHostedService>(provider => new JobRunner(name, every, provider.GetRequiredService<TJob>(),
            provider.GetRequiredService<Leases>(), provider.GetRequiredService<Listener>(),
            provider.GetRequiredService<JobPace>(), provider.GetRequiredService<ILogger<JobRunner>>()));
    }

    /// <summary>Has the job run soon after the commit. Only its period is certain.</summary>
    public static Task NudgeAsync(Db tx, string name, CancellationToken ct) =>
        tx.ExecuteAsync($"select pg_notify({Channel}, {name})", ct);
}

/// <summary>How patient jobs are; tests hurry them.</summary>
internal sealed record JobPace
{
    /// <summary>How long a replica that died keeps a job from running.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a replica looks whether a job is due that another one ran last.</summary>
    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromSeconds(30);
}

internal sealed class JobRunner(
    string name, TimeSpan every, IJob job, Leases leases, Listener listener, JobPace pace, ILogger<JobRunner> logger)
    : BackgroundService
{
    private readonly Channel<bool> _nudges = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private bool _faulty;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = listener.On(Jobs.Channel, heard =>
        {
            if (heard == name) { _nudges.Writer.TryWrite(true); }
        });
        var nudged = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            await TurnAsync(nudged, stoppingToken);
            nudged = await NudgedAsync(stoppingToken);
        }
    }

    private async Task TurnAsync(bool nudged, CancellationToken stopping)
    {
        try
        {
            await using var lease = await leases.TryTakeAsync(name, pace.Lease, whenDue: !nudged, stopping);
            _faulty = false;
            if (lease is null) { return; }
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Lost);
            try
            {
                await job.RunAsync(either.Token);
                lease.DueAfter = every;
            }
            catch (Exception) when (either.IsCancellationRequested)
            {
                // Still due; whoever takes the lease next goes on.
            }
            catch (Exception error)
            {
                lease.DueAfter = every < pace.RetryAfter ? every : pace.RetryAfter;
                Log.JobFailed(logger, name, error);
            }
        }
        catch (Exception) when (stopping.IsCancellationRequested)
        {
            return;
        }
        catch (Exception error)
        {
            // Said once an outage.
            if (!_faulty) { Log.JobNotTaken(logger, name, error.Message.Split('\n')[0]); }
            _faulty = true;
        }
    }

    /// <summary>Waits for the next look; true when somebody asked for one.</summary>
    private async Task<bool> NudgedAsync(CancellationToken stopping)
    {
        using var look = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        look.CancelAfter(every < pace.LookEvery ? every : pace.LookEvery);
        try
        {
            return await _nudges.Reader.ReadAsync(look.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
