using Wopr.Audit;
using Wopr.Kernel;

namespace Wopr.Platform;

public sealed record MaintenanceRequest(string Message);

public sealed record MaintenanceView(bool Active, string? Message, string? StartedBy, DateTimeOffset? StartedAt);

/// <summary>
/// While it lasts, operators work and everybody else is told to come back. Each replica looks once a second, so
/// that no request pays for it.
/// </summary>
internal sealed class Maintenance(Db db, AuditLog audit, TimeProvider time, ILogger<Maintenance> logger) : BackgroundService
{
    private static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_comeBackIn = TimeSpan.FromMinutes(1);
    private static readonly MaintenanceView s_off = new(false, null, null, null);

    private volatile MaintenanceView _now = s_off;
    private bool _faulty;

    public MaintenanceView Now => _now;

    /// <summary>What everybody but operators is told while it lasts.</summary>
    public Problem? Refusal =>
        _now is { Active: true, Message: { } message } ? new(ProblemKind.Unavailable, "maintenance", message) { RetryAfter = s_comeBackIn } : null;

    public async Task StartAsync(Actor actor, string message, CancellationToken ct)
    {
        await db.TransactAsync(async tx =>
        {
            await tx.ExecuteAsync($"""
                insert into kernel.maintenance (message, started_by)
                values ({message}, {actor.ToString()})
                on conflict (only_one) do update set message = excluded.message
                """, ct);
            await audit.WriteAsync(tx, actor, new("platform.maintenance_started", "platform"), ct);
            return Done.Instance;
        }, ct);
        await LookAsync(ct);
    }

    public async Task EndAsync(Actor actor, CancellationToken ct)
    {
        await db.TransactAsync(async tx =>
        {
            if (await tx.ExecuteAsync($"delete from kernel.maintenance", ct) == 1)
            {
                await audit.WriteAsync(tx, actor, new("platform.maintenance_ended", "platform"), ct);
            }
            return Done.Instance;
        }, ct);
        await LookAsync(ct);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_lookEvery, time);
        do
        {
            try
            {
                await LookAsync(stoppingToken);
                _faulty = false;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // What was known last goes on.
                if (!_faulty) { Log.MaintenanceUnknown(logger, error.Message.Split('\n')[0]); }
                _faulty = true;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
        while (await TickAsync(timer, stoppingToken));
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task LookAsync(CancellationToken ct) =>
        _now = await db.FirstAsync($"select message, started_by, started_at from kernel.maintenance", row =>
            new MaintenanceView(true, row.GetString(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2)), ct) ?? s_off;
}

internal static class MaintenanceHttp
{
    private const int MessageLengthMax = 500;

    public static Problem NoMessage { get; } =
        new(ProblemKind.Invalid, "maintenance.no_message", "Say what people are to be told, in 1 to 500 characters.");

    /// <summary>Operators pass, and so does what makes somebody known to be one.</summary>
    public static void UseMaintenance(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        var maintenance = context.RequestServices.GetRequiredService<Maintenance>();
        var path = context.Request.Path;
        if (!maintenance.Now.Active || context.Actor().IsPlatformAdmin
            || path.StartsWithSegments("/health") || path.StartsWithSegments("/api/auth"))
        {
            await next(context);
            return;
        }
        await ProblemHttp.WriteAsync(context, maintenance.Refusal!);
    });

    public static void MapMaintenance(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/admin/maintenance").WithTags("Operators").Requires(Access.PlatformAdmin);
        group.MapGet("", (Maintenance maintenance) => maintenance.Now).WithName("showMaintenance");
        group.MapPut("", async (HttpContext context, MaintenanceRequest request, Maintenance maintenance, CancellationToken ct) =>
        {
            if (request.Message.Trim().Length is 0 or > MessageLengthMax) { return ((Result<MaintenanceView>)NoMessage).ToHttp(); }
            await maintenance.StartAsync(context.Actor(), request.Message.Trim(), ct);
            return ((Result<MaintenanceView>)maintenance.Now).ToHttp();
        }).WithName("startMaintenance");
        group.MapDelete("", async (HttpContext context, Maintenance maintenance, CancellationToken ct) =>
        {
            await maintenance.EndAsync(context.Actor(), ct);
            return maintenance.Now;
        }).WithName("endMaintenance");
    }
}
