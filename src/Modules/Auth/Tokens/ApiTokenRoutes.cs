using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;

namespace Wopr.Auth;

internal static class ApiTokenRoutes
{
    public static void MapApiTokens(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/tokens").WithTags("API tokens");
        group.MapGet("", ListAsync).Requires(Access.Tenant(Role.Member)).WithName("listTokens");
        group.MapPost("", CreateAsync).Requires(Access.Tenant(Role.Member)).WithName("createToken");
        group.MapDelete("/{id}", RevokeAsync).Requires(Access.Tenant(Role.Member)).WithName("revokeToken");
    }

    private static async Task<Page<ApiToken>> ListAsync(HttpContext context, ApiTokens tokens, CancellationToken ct) =>
        new(await tokens.ListAsync(context.Actor(), ct), null);

    private static async Task<Results<Ok<NewApiToken>, ProblemHttpResult>> CreateAsync(
        HttpContext context, ApiTokenRequest request, ApiTokens tokens, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        return (await tokens.CreateAsync(context.Actor(), request, ct)).ToHttp();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(
        HttpContext context, string id, ApiTokens tokens, CancellationToken ct) =>
        Id<ApiToken>.TryParse(id, null, out var token)
            ? (await tokens.RevokeAsync(context.Actor(), token, ct)).ToHttp()
            : TokenProblems.NotFound.ToHttp();
}
