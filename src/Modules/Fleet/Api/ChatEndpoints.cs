using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <param name="Waiting">What was said and is not answered yet, or was refused; the bot may not have it.</param>
internal sealed record ChatHistory(IReadOnlyList<SessionEntry> Messages, bool HasMore, IReadOnlyList<WaitingTurn> Waiting);

internal sealed record WaitingList(IReadOnlyList<WaitingTurn> Waiting);

/// <param name="State"><c>waiting</c>, <c>running</c>, or <c>failed</c> when the bot refused it.</param>
/// <param name="Problem">Why it was refused, in a sentence.</param>
/// <param name="CanRetry">Saying it again may help.</param>
internal sealed record WaitingTurn(
    Guid TurnId, string ClientId, string Message, string State, DateTimeOffset CreatedAt, string? Problem, bool CanRetry)
{
    public static WaitingTurn From(Turn turn) =>
        new(turn.Id, turn.ClientId, turn.Message, Sql.Name(turn.State), turn.CreatedAt, turn.Problem, turn.CanRetry);
}

/// <summary>Talking with a bot.</summary>
internal static class ChatEndpoints
{
    private const int PageMax = 200;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var chat = routes.MapGroup("/api/chat").WithTags("Chat");
        chat.MapPost("", SayAsync).Requires(Access.Tenant(Role.Member)).WithName("say");
        chat.MapPost("/cancel", CancelAsync).Requires(Access.Tenant(Role.Member)).WithName("cancelTurn");
        chat.MapGet("/stream", StreamAsync).Requires(Access.Tenant(Role.Viewer)).WithName("followChat");
        chat.MapGet("/waiting", WaitingAsync).Requires(Access.Tenant(Role.Viewer)).WithName("chatWaiting");
        chat.MapGet("/history", HistoryAsync).Requires(Access.Tenant(Role.Viewer)).WithName("chatHistory");
    }

    private static async Task<Results<Ok<SaidView>, ProblemHttpResult>> SayAsync(
        HttpContext context, Say body, ChatRoom room, CancellationToken ct) => (await room.SayAsync(context.Actor(), body, ct)).ToHttp();

    private static async Task<Results<Ok<SaidView>, ProblemHttpResult>> CancelAsync(
        HttpContext context, CancelTurn body, ChatRoom room, CancellationToken ct) => (await room.CancelAsync(context.Actor(), body, ct)).ToHttp();

    private static async Task<Results<EventStream, ProblemHttpResult>> StreamAsync(
        HttpContext context, BotRegistry bots, ChatStream stream, CancellationToken ct, string? botId = null, string? sessionId = null)
    {
        if (string.IsNullOrEmpty(sessionId)) { return FleetProblems.NoSession.ToHttp(); }
        if (!BotRules.IsSession(sessionId)) { return FleetProblems.BadSession.ToHttp(); }
        if (!(await bots.FindAsync(context.Actor(), botId ?? "", ct)).Succeeded(out var found, out var problem)) { return problem.ToHttp(); }
        var after = ChatStream.After(context.Request.Headers["Last-Event-ID"]);
        return new EventStream((events, ends) => stream.FollowAsync(found.Bot.Id, sessionId, after, events, ends));
    }

    /// <summary>What was said and is not answered yet, whether the bot can be asked or not.</summary>
    private static async Task<Results<Ok<WaitingList>, ProblemHttpResult>> WaitingAsync(
        HttpContext context, BotRegistry bots, Db db, CancellationToken ct, string? botId = null, string? sessionId = null)
    {
        if (string.IsNullOrEmpty(sessionId)) { return FleetProblems.NoSession.ToHttp(); }
        if (!BotRules.IsSession(sessionId)) { return FleetProblems.BadSession.ToHttp(); }
        if (!(await bots.FindAsync(context.Actor(), botId ?? "", ct)).Succeeded(out var found, out var problem)) { return problem.ToHttp(); }
        var waiting = await TurnSql.WaitingAsync(db, found.Bot.Id, sessionId, ct);
        return TypedResults.Ok(new WaitingList([.. waiting.Select(WaitingTurn.From)]));
    }

    private static async Task<Results<Ok<ChatHistory>, ProblemHttpResult>> HistoryAsync(
        HttpContext context, BotRegistry bots, BotDesk desk, Db db, CancellationToken ct,
        string? botId = null, string? sessionId = null, long? before = null, int limit = 50)
    {
        if (string.IsNullOrEmpty(sessionId)) { return FleetProblems.NoSession.ToHttp(); }
        if (!BotRules.IsSession(sessionId)) { return FleetProblems.BadSession.ToHttp(); }
        if (limit is < 1 or > PageMax) { return FleetProblems.BadLimit.ToHttp(); }
        if (!(await bots.FindAsync(context.Actor(), botId ?? "", ct)).Succeeded(out var found, out var problem)) { return problem.ToHttp(); }
        var page = await desk.AskAsync(context.Actor(), found.Bot.Id.ToString(), BotVerbs.Read, new(sessionId, before, limit), ct);
        // A conversation that has not begun is empty.
        if (page.Problem is { Kind: not ProblemKind.NotFound } refusal) { return refusal.ToHttp(); }
        var waiting = before is null ? await TurnSql.WaitingAsync(db, found.Bot.Id, sessionId, ct) : [];
        return TypedResults.Ok(new ChatHistory(page.Value?.Entries ?? [], page.Value?.HasMore ?? false, [.. waiting.Select(WaitingTurn.From)]));
    }
}
