using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Audit;

internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/admin/audit", ([AsParameters] AuditQuery query, Db db, CancellationToken ct) =>
            SearchAsync(db, query, query.Tenant, ct)).Requires(Access.PlatformAdmin).WithTags("Audit");
        routes.MapGet("/api/audit", OwnAsync).Requires(Access.Tenant(Role.Admin)).WithTags("Audit");
    }

    private static async Task<Results<Ok<Page<AuditEntryView>>, ProblemHttpResult>> OwnAsync(
        HttpContext context, [AsParameters] AuditQuery query, Db db, CancellationToken ct)
    {
        var own = context.Actor().TenantId!;
        if (query.Tenant is { } asked && asked != own) { return Problems.ForeignTenant.ToHttp(); }
        return await SearchAsync(db, query, own, ct);
    }

    private static async Task<Results<Ok<Page<AuditEntryView>>, ProblemHttpResult>> SearchAsync(
        Db db, AuditQuery query, string? tenant, CancellationToken ct)
    {
        if (!Paging<long>.Parse(query.Cursor, query.Limit).Succeeded(out var paging, out var problem))
        {
            return problem.ToHttp();
        }
        var rows = await AuditSql.SearchAsync(db, AuditFilter.Of(query, tenant), paging, ct);
        return TypedResults.Ok(paging.Of(rows, row => row.Id, AuditEntryView.From));
    }
}
