using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Wopr.Kernel;

namespace Wopr.Gateway.Keys;

internal static class KeyEndpoints
{
    private static readonly Access s_read = Access.Tenant(Role.Viewer);
    private static readonly Access s_write = Access.Tenant(Role.Admin);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/gateway/keys").WithTags("Gateway");
        group.MapGet("", ListAsync).Requires(s_read).WithName("listGatewayKeys");
        group.MapGet("/{id}", ShowAsync).Requires(s_read).WithName("showGatewayKey");
        // The answer that is kept for a repetition holds the secret; all kept answers are sealed.
        group.MapPost("", CreateAsync).Requires(s_write).WithIdempotency().WithName("createGatewayKey");
        group.MapPut("/{id}", UpdateAsync).Requires(s_write).WithName("updateGatewayKey");
        group.MapDelete("/{id}", RevokeAsync).Requires(s_write).WithName("revokeGatewayKey");

        routes.MapQuery<NoInput, IReadOnlyList<GatewayKeyView>>("gateway.keys", s_read, async (context, _, ct) =>
            new List<GatewayKeyView>(await Keys(context).ListAsync(context.Actor(), ct)));
        routes.MapMutation<CreateGatewayKey, NewGatewayKey>("gateway.createKey", s_write, (context, input, ct) =>
        {
            context.Response.Headers.CacheControl = "no-store";
            return Keys(context).CreateAsync(context.Actor(), input, ct);
        });
        routes.MapMutation<UpdateGatewayKey, GatewayKeyView>("gateway.updateKey", s_write, (context, input, ct) =>
            Keys(context).UpdateAsync(context.Actor(), input.Id, input, ct));
        routes.MapMutation<OneGatewayKey, Done>("gateway.revokeKey", s_write, (context, input, ct) =>
            Keys(context).RevokeAsync(context.Actor(), input.Id, ct));
    }

    private static async Task<Page<GatewayKeyView>> ListAsync(HttpContext context, GatewayKeys keys, CancellationToken ct) =>
        new(await keys.ListAsync(context.Actor(), ct), null);

    private static async Task<Results<Ok<GatewayKeyView>, ProblemHttpResult>> ShowAsync(
        HttpContext context, string id, GatewayKeys keys, CancellationToken ct) =>
        (await keys.ShowAsync(context.Actor(), id, ct)).ToHttp();

    private static async Task<Results<Ok<NewGatewayKey>, ProblemHttpResult>> CreateAsync(
        HttpContext context, CreateGatewayKey body, GatewayKeys keys, CancellationToken ct)
    {
        context.Response.Headers.CacheControl = "no-store";
        return (await keys.CreateAsync(context.Actor(), body, ct)).ToHttp();
    }

    private static async Task<Results<Ok<GatewayKeyView>, ProblemHttpResult>> UpdateAsync(
        HttpContext context, string id, KeySettings body, GatewayKeys keys, CancellationToken ct) =>
        (await keys.UpdateAsync(context.Actor(), id, body, ct)).ToHttp();

    private static async Task<Results<NoContent, ProblemHttpResult>> RevokeAsync(
        HttpContext context, string id, GatewayKeys keys, CancellationToken ct) =>
        (await keys.RevokeAsync(context.Actor(), id, ct)).ToHttp();

    private static GatewayKeys Keys(HttpContext context) => context.RequestServices.GetRequiredService<GatewayKeys>();
}
