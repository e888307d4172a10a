using Npgsql;
using Wopr.Kernel;

namespace Wopr.Platform;

internal sealed record HealthView(string Status, string Service);

internal static class Health
{
    private const string Service = "wopr-platform";

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        // Says that the process answers, and nothing else: no database, no limiter.
        routes.MapGet("/health", () => new HealthView("ok", Service)).Requires(Access.Public).WithTags("Health");
        routes.MapGet("/health/ready", ReadyAsync).Requires(Access.Public).WithTags("Health");
    }

    private static async Task<IResult> ReadyAsync(Readiness readiness, CancellationToken ct) =>
        await readiness.FaultAsync(ct) is { } fault
            ? fault.ToHttp()
            : TypedResults.Ok(new HealthView("ready", Service));
}

/// <summary>Whether this process should get traffic, asked at most once a second however many ask.</summary>
internal sealed class Readiness(
    NpgsqlDataSource source, SessionSecret secret, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<Readiness> logger)
    : IDisposable
{
    private static readonly TimeSpan s_memory = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private (Problem? Fault, DateTimeOffset Until) _known;
    private bool _signs;
    private int _newer;

    public async Task<Problem?> FaultAsync(CancellationToken ct)
    {
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return new(ProblemKind.Unavailable, "ready.stopping", "The server is shutting down.");
        }
        await _one.WaitAsync(ct);
        try
        {
            if (_known.Until < time.GetUtcNow()) { _known = (await AskAsync(ct), time.GetUtcNow() + s_memory); }
            return _known.Fault;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<Problem?> AskAsync(CancellationToken ct)
    {
        try
        {
            var (pending, newer) = await new Migrator(source, Schema.Steps).CompareAsync(ct);
            if (pending.Count > 0)
            {
                var steps = string.Join(", ", pending.Select(step => step.Label));
                Log.MigrationsPending(logger, pending.Count, steps);
                return new(ProblemKind.Unavailable, "ready.migrations_pending",
                    $"{pending.Count} migrations are pending ({steps}). Run ./wopr migrate.");
            }
            // While builds change, the older one serves on: a step only adds what it does not need.
            if (newer.Count > _newer) { Log.DatabaseAhead(logger, newer.Count, string.Join(", ", newer)); }
            _newer = newer.Count;
            if (_signs) { return null; }
            var fault = await secret.FaultAsync(ct);
            _signs = fault is null;
            return fault;
        }
        catch (MigrationException error)
        {
            return new(ProblemKind.Unavailable, "ready.migrations_changed",
                $"The database is not what this build knows: {error.Message}");
        }
        catch (NpgsqlException)
        {
            // One connection is dead, so the idle ones are too; no request shall find that out.
            source.Clear();
            return new(ProblemKind.Unavailable, "ready.database", "The database does not answer.");
        }
    }
}
