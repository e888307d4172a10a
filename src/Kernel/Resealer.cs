using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Wopr.Kernel;

/// <summary>What one batch did. <paramref name="Last"/> is where the next one starts; null at the end.</summary>
public sealed record ResealBatch(int Resealed, int Unopened, string? Last);

/// <summary>
/// Rows of one module that hold sealed bytes. A module that seals registers one, so that a change of the platform's
/// secret reaches its rows.
/// </summary>
/// <param name="DueAsync">How many rows are not sealed under the current root.</param>
/// <param name="ResealAsync">Seals one batch again, in its own transaction, from the row after the one given.</param>
public sealed record SealedStore(
    string Name,
    Func<CancellationToken, Task<long>> DueAsync,
    Func<string?, int, CancellationToken, Task<ResealBatch>> ResealAsync);

/// <param name="Unopened">Rows whose root is not configured any more; they keep what they hold.</param>
/// <param name="Due">What is left, those rows and rows that changed meanwhile.</param>
public sealed record ResealProgress(string Store, long Resealed, long Unopened, long Due);

/// <summary>
/// Seals everything again under the current root, in small batches and while the platform runs. Running it twice, or on
/// several replicas, does no harm: each batch takes the rows that nobody holds and that still need it.
/// </summary>
public sealed class Resealer(IEnumerable<SealedStore> stores)
{
    private const int RowsPerBatch = 100;
    private const int PassesMax = 3;

    private readonly SealedStore[] _stores = [.. stores];

    public async Task<long> DueAsync(CancellationToken ct)
    {
        long due = 0;
        foreach (var store in _stores) { due += await store.DueAsync(ct); }
        return due;
    }

    /// <summary>The last progress of each store.</summary>
    public async Task<IReadOnlyList<ResealProgress>> RunAsync(Action<ResealProgress> tell, CancellationToken ct)
    {
        List<ResealProgress> ends = [];
        foreach (var store in _stores) { ends.Add(await RunAsync(store, tell, ct)); }
        return ends;
    }

    private static async Task<ResealProgress> RunAsync(SealedStore store, Action<ResealProgress> tell, CancellationToken ct)
    {
        var progress = new ResealProgress(store.Name, 0, 0, await store.DueAsync(ct));
        // A row that somebody held was passed by, so a second pass looks again.
        for (var pass = 0; pass < PassesMax && progress.Due > progress.Unopened; pass++)
        {
            progress = progress with { Unopened = 0 };
            string? last = null;
            do
            {
                var batch = await store.ResealAsync(last, RowsPerBatch, ct);
                last = batch.Last;
                progress = progress with
                {
                    Resealed = progress.Resealed + batch.Resealed,
                    Unopened = progress.Unopened + batch.Unopened,
                    Due = await store.DueAsync(ct),
                };
                if (batch.Resealed > 0) { tell(progress); }
            }
            while (last is not null);
        }
        return progress;
    }
}

/// <summary>
/// Begins with the new root as soon as a replica starts with it. Not repeated: while replicas still start with either
/// root, each would undo the other's work.
/// </summary>
internal sealed partial class ResealAtStart(Resealer resealer, TimeProvider time, ILogger<ResealAtStart> logger) : BackgroundService
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.Delay(s_delay, time, stoppingToken);
            if (await resealer.DueAsync(stoppingToken) == 0) { return; }
            foreach (var end in await resealer.RunAsync(Tell, stoppingToken))
            {
                if (end.Unopened > 0) { Unopened(logger, end.Store, end.Unopened); }
            }
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            Failed(logger, error);
        }
        catch (OperationCanceledException)
        {
            // Stopping; the next start goes on.
        }
    }

    private void Tell(ResealProgress progress) => Resealed(logger, progress.Store, progress.Resealed, progress.Due);

    [LoggerMessage(LogLevel.Information, "Sealed again in {Store}: {Resealed} rows, {Due} to go")]
    private static partial void Resealed(ILogger logger, string store, long resealed, long due);

    [LoggerMessage(LogLevel.Error,
        "{Count} rows in {Store} were sealed under a secret that is not configured. Add it to PLATFORM_SECRET_PREVIOUS.")]
    private static partial void Unopened(ILogger logger, string store, long count);

    [LoggerMessage(LogLevel.Error, "Sealing again failed; run secrets rotate when the cause is gone")]
    private static partial void Failed(ILogger logger, Exception error);
}
