using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <param name="Headers">A value that is null stays as it is.</param>
internal sealed record PutToolServer(string Name, string Url, bool IsEnabled = true, IReadOnlyDictionary<string, string?>? Headers = null);

/// <summary>The servers whose tools a bot may use. The bot keeps them itself, with their secrets.</summary>
internal static class ToolServerEndpoints
{
    private const int IdMax = 24;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var servers = routes.MapGroup("/fleet/bots/{id}/tool-servers").WithTags("Bots");
        servers.MapGet("", ListAsync).Requires(Access.TenantOrOperator(Role.Viewer)).WithName("botToolServers");
        servers.MapPut("/{server}", PutAsync).Requires(Access.TenantOrOperator(Role.Member)).WithName("putBotToolServer");
        servers.MapDelete("/{server}", DeleteAsync).Requires(Access.TenantOrOperator(Role.Member)).WithName("deleteBotToolServer");
        servers.MapPost("/{server}/test", TestAsync).Requires(Access.TenantOrOperator(Role.Member)).WithName("testBotToolServer");
    }

    private static async Task<Results<Ok<ToolServerList>, ProblemHttpResult>> ListAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct) =>
        (await desk.AskAsync(context.Actor(), id, BotVerbs.ToolServers, Nothing.Instance, ct)).ToHttp();

    private static async Task<Results<Ok<ToolServerView>, Accepted<KeptChange>, ProblemHttpResult>> PutAsync(
        HttpContext context, string id, string server, PutToolServer body, BotDesk desk, CancellationToken ct)
    {
        if (server.Length > IdMax) { return FleetProblems.BadToolServer.ToHttp(); }
        var put = await desk.TellAsync(context.Actor(), id, BotVerbs.PutToolServer, Put(server, body), ct);
        if (put.Problem is { } problem) { return problem.ToHttp(); }
        return put.Value!.Answer is { } view ? TypedResults.Ok(view) : BotEndpoints.Kept();
    }

    private static async Task<Results<NoContent, Accepted<KeptChange>, ProblemHttpResult>> DeleteAsync(
        HttpContext context, string id, string server, BotDesk desk, CancellationToken ct) =>
        server.Length > IdMax
            ? FleetProblems.BadToolServer.ToHttp()
            : BotEndpoints.Said(await desk.TellAsync(context.Actor(), id, BotVerbs.DeleteToolServer, new(server), ct));

    /// <summary>Whether the bot gets on with it; nothing is kept.</summary>
    private static async Task<Results<Ok<ToolServerTest>, ProblemHttpResult>> TestAsync(
        HttpContext context, string id, string server, PutToolServer body, BotDesk desk, CancellationToken ct) =>
        server.Length > IdMax
            ? FleetProblems.BadToolServer.ToHttp()
            : (await desk.AskAsync(context.Actor(), id, BotVerbs.TestToolServer, Put(server, body), ct)).ToHttp();

    private static ToolServerPut Put(string server, PutToolServer body) =>
        new(server, body.Name, body.Url, body.IsEnabled, body.Headers ?? new Dictionary<string, string?>());
}
