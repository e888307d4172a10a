using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Billing;

internal sealed record AssignEvent(string Tenant);

internal sealed record DismissEvent(string Reason);

internal static class UnprocessedEndpoints
{
    private const int ReasonLengthMax = 500;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/api/admin/billing/unprocessed").WithTags("Billing").Requires(Access.PlatformAdmin);
        admin.MapGet("/", ListAsync).WithName("unprocessedEvents");
        admin.MapPost("/{id}/retry", async (HttpContext context, string id, UnprocessedEvents events, CancellationToken ct) =>
            (await events.RetryAsync(context.Actor(), Clean(id), ct)).ToHttp()).WithName("retryEvent");
        admin.MapPost("/{id}/assign",
            async (HttpContext context, string id, AssignEvent body, UnprocessedEvents events, CancellationToken ct) =>
            (await events.AssignAsync(context.Actor(), Clean(id), Clean(body.Tenant), ct)).ToHttp()).WithName("assignEvent");
        admin.MapPost("/{id}/dismiss", DismissAsync).WithName("dismissEvent");
    }

    private static async Task<Results<Ok<Page<UnprocessedEvent>>, ProblemHttpResult>> ListAsync(
        string? cursor, int? limit, UnprocessedEvents events, CancellationToken ct)
    {
        if (!Paging<long>.Parse(cursor, limit).Succeeded(out var paging, out var problem)) { return problem.ToHttp(); }
        var rows = await events.ListAsync(paging, ct);
        return TypedResults.Ok(paging.Of(rows, row => row.Number, row => row));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DismissAsync(
        HttpContext context, string id, DismissEvent body, UnprocessedEvents events, CancellationToken ct) =>
        body.Reason.Trim() is not { Length: > 0 and <= ReasonLengthMax } reason || reason.Contains('\0', StringComparison.Ordinal)
            ? UnprocessedProblems.BadReason.ToHttp()
            : (await events.DismissAsync(context.Actor(), Clean(id), reason, ct)).ToHttp();

    // PostgreSQL has no place for it.
    private static string Clean(string text) => text.Replace("\0", "", StringComparison.Ordinal);
}
