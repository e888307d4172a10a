namespace Wopr.Platform;

/// <summary>
/// Goes on serving for a while after the signal to stop, no longer ready, so that the proxy in front has turned to
/// other replicas before the port closes. Requests that are running are then finished.
/// </summary>
internal sealed class Drain(PlatformOptions options, TimeProvider time, ILogger<Drain> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan s_finishing = TimeSpan.FromSeconds(25);

    /// <summary>How long stopping may take. What drains is not taken from what runs.</summary>
    public static TimeSpan Limit(PlatformOptions options) => TimeSpan.FromSeconds(options.DrainSeconds) + s_finishing;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        Log.Stopping(logger, options.DrainSeconds);
        return Task.Delay(TimeSpan.FromSeconds(options.DrainSeconds), time, cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
