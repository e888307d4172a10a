using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

public sealed record SuspensionRequest(string Reason);

public sealed record PlatformRoleChange(string Role);

internal static class OperatorRoutes
{
    private const int QueryLengthMax = 200;
    private const int ReasonLengthMax = 500;

    public static void MapOperators(this IEndpointRouteBuilder routes)
    {
        var admin = routes.MapGroup("/api/admin").WithTags("Operators").Requires(Access.PlatformAdmin);
        admin.MapGet("/users", UsersAsync).WithName("searchUsers");
        admin.MapGet("/tenants", TenantsAsync).WithName("searchTenants");
        admin.MapPost("/tenants/{id}/suspend", SuspendAsync).WithName("suspendTenant");
        admin.MapPost("/tenants/{id}/reactivate", async (HttpContext context, string id, Operators operators, CancellationToken ct) =>
            (await operators.ReactivateAsync(context.Actor(), id, ct)).ToHttp()).WithName("reactivateTenant");
        admin.MapPut("/users/{id}/role", SetRoleAsync).WithName("setPlatformRole");
        admin.MapPost("/users/{id}/impersonate", ImpersonateAsync).WithName("impersonate");

        // Whoever looks through another's eyes is, for that time, no operator.
        routes.MapPost("/api/admin/stop-impersonating", StopImpersonatingAsync)
            .Requires(Access.Public).WithTags("Operators").WithName("stopImpersonating");
    }

    private static async Task<Results<Ok<Page<UserSummary>>, ProblemHttpResult>> UsersAsync(
        string? query, string? cursor, int? limit, Operators operators, CancellationToken ct)
    {
        if (!Paging<NewestFirst>.Parse(cursor, limit).Succeeded(out var paging, out var problem)) { return problem.ToHttp(); }
        var rows = await operators.UsersAsync(Clean(query), paging, ct);
        return TypedResults.Ok(paging.Of(rows, user => new(user.CreatedAt, user.Id), user => user));
    }

    private static async Task<Results<Ok<Page<TenantSummary>>, ProblemHttpResult>> TenantsAsync(
        string? query, string? cursor, int? limit, Operators operators, CancellationToken ct)
    {
        if (!Paging<NewestFirst>.Parse(cursor, limit).Succeeded(out var paging, out var problem)) { return problem.ToHttp(); }
        var rows = await operators.TenantsAsync(Clean(query), paging, ct);
        return TypedResults.Ok(paging.Of(rows, tenant => new(tenant.CreatedAt, tenant.Id), tenant => tenant));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> SuspendAsync(
        HttpContext context, string id, SuspensionRequest request, Operators operators, CancellationToken ct) =>
        request.Reason.Trim().Length is 0 or > ReasonLengthMax
            ? OperatorProblems.NoReason.ToHttp()
            : (await operators.SuspendAsync(context.Actor(), id, request.Reason.Trim(), ct)).ToHttp();

    private static async Task<Results<NoContent, ProblemHttpResult>> SetRoleAsync(
        HttpContext context, string id, PlatformRoleChange change, Operators operators, CancellationToken ct) =>
        change.Role is not ("user" or "platform_admin")
            ? OperatorProblems.BadRole.ToHttp()
            : (await operators.SetRoleAsync(context.Actor(), id, change.Role == "platform_admin", ct)).ToHttp();

    private static async Task<Results<Ok<SessionView>, ProblemHttpResult>> ImpersonateAsync(
        HttpContext context, string id, Operators operators, AuthCookies cookies, CancellationToken ct)
    {
        var outcome = await operators.ImpersonateAsync(context.Actor(), id, Origin.Of(context), ct);
        if (!outcome.Succeeded(out var session, out var problem)) { return problem.ToHttp(); }
        cookies.SendOperatorSession(context.Response, cookies.SessionSecret(context.Request)!);
        cookies.SendSession(context.Response, session);
        return TypedResults.Ok(SessionView.From(session.Session));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> StopImpersonatingAsync(
        HttpContext context, Sessions sessions, AuthCookies cookies, CancellationToken ct)
    {
        if (context.Actor().Refusal is { } refusal) { return refusal.ToHttp(); }
        if (context.Signed() is { Session.OperatorId: not null } signed)
        {
            await sessions.RevokeAsync(signed.User.Id, signed.Session.Id, ct);
            cookies.ClearSession(context.Response);
        }
        if (cookies.OperatorSession(context.Request) is { } own && await sessions.FindAsync(own, ct) is { } operatorSession)
        {
            cookies.SendSession(context.Response, own, operatorSession.Session.ShortLived);
        }
        cookies.ClearOperatorSession(context.Response);
        return TypedResults.NoContent();
    }

    private static string Clean(string? query)
    {
        var text = (query ?? "").Trim().Replace("\0", "", StringComparison.Ordinal);
        return text.Length <= QueryLengthMax ? text : text[..QueryLengthMax];
    }
}
