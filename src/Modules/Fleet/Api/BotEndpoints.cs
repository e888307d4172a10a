using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal sealed record WriteFile(string Text, string? IfVersion = null);

internal sealed record PutSchedule(
    string Name, string TimeZone, string Session, string Message, string? Cron = null, DateTimeOffset? At = null, bool IsEnabled = true,
    MissedRuns Missed = MissedRuns.RunOnce);

/// <summary>A change that is not made yet.</summary>
internal sealed record KeptChange(string State, string Note)
{
    public static KeptChange Instance { get; } = new("kept", "The bot cannot be reached right now. This is kept, and done as soon as it can.");
}

/// <summary>What a bot keeps, asked of the bot itself.</summary>
internal static partial class BotEndpoints
{
    private const int PageMax = 200;

    private static readonly Access s_read = Access.TenantOrOperator(Role.Viewer);
    private static readonly Access s_write = Access.TenantOrOperator(Role.Member);

    public static void Map(IEndpointRouteBuilder routes)
    {
        var bot = routes.MapGroup("/fleet/bots/{id}").WithTags("Bots");
        bot.MapGet("/status", StatusAsync).Requires(s_read).WithName("botStatus");
        bot.MapGet("/logs", LogsAsync).Requires(s_read).WithName("botLogs");
        bot.MapGet("/logs/stream", FollowLogsAsync).Requires(s_read).WithName("followBotLogs");
        bot.MapGet("/sessions", SessionsAsync).Requires(s_read).WithName("botSessions");
        bot.MapGet("/sessions/{session}", ReadAsync).Requires(s_read).WithName("readBotSession");
        bot.MapGet("/sessions/{session}/export", ExportAsync).Requires(s_read).WithName("exportBotSession");
        bot.MapDelete("/sessions/{session}", DeleteSessionAsync).Requires(s_write).WithName("deleteBotSession");
        bot.MapGet("/files", FilesAsync).Requires(s_read).WithName("botFiles");
        bot.MapGet("/files/{**path}", ReadFileAsync).Requires(s_read).WithName("readBotFile");
        bot.MapPut("/files/{**path}", WriteFileAsync).Requires(s_write).WithName("writeBotFile");
        bot.MapDelete("/files/{**path}", DeleteFileAsync).Requires(s_write).WithName("deleteBotFile");
        bot.MapGet("/schedules", SchedulesAsync).Requires(s_read).WithName("botSchedules");
        bot.MapPut("/schedules/{schedule}", PutScheduleAsync).Requires(s_write).WithName("putBotSchedule");
        bot.MapDelete("/schedules/{schedule}", DeleteScheduleAsync).Requires(s_write).WithName("deleteBotSchedule");
        bot.MapPost("/turns/{turn}/retry", RetryAsync).Requires(s_write).WithIdempotency().WithName("retryBotTurn");
    }

    private static async Task<Results<Ok<BotStatus>, ProblemHttpResult>> StatusAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct) =>
        (await desk.AskAsync(context.Actor(), id, BotVerbs.Status, Nothing.Instance, ct)).ToHttp();

    private static async Task<Results<Ok<IReadOnlyList<LogView>>, ProblemHttpResult>> LogsAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct, string? tail = null) =>
        (await desk.LogAsync(context.Actor(), id, Tail(tail), ct)).Succeeded(out var lines, out var problem)
            ? TypedResults.Ok<IReadOnlyList<LogView>>([.. lines.Select(LogView.From)])
            : problem.ToHttp();

    private static async Task<Results<EventStream, ProblemHttpResult>> FollowLogsAsync(
        HttpContext context, string id, BotRegistry bots, BotDesk desk, CancellationToken ct, string? tail = null)
    {
        if (!(await bots.FindAsync(context.Actor(), id, ct)).Succeeded(out var found, out var problem)) { return problem.ToHttp(); }
        return new EventStream(async (events, ends) =>
        {
            var at = 0;
            await foreach (var line in desk.FollowLogAsync(found.Bot, Tail(tail), ends))
            {
                await events.EventAsync(null, LogView.From(line, at++), ends);
            }
        });
    }

    private static async Task<Results<Ok<SessionList>, ProblemHttpResult>> SessionsAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct) =>
        (await desk.AskAsync(context.Actor(), id, BotVerbs.Sessions, Nothing.Instance, ct)).ToHttp();

    private static async Task<Results<Ok<SessionPage>, ProblemHttpResult>> ReadAsync(
        HttpContext context, string id, string session, BotDesk desk, CancellationToken ct, long? before = null, int limit = 50)
    {
        if (!BotRules.IsSession(session)) { return FleetProblems.BadSession.ToHttp(); }
        if (limit is < 1 or > PageMax) { return FleetProblems.BadLimit.ToHttp(); }
        return (await desk.AskAsync(context.Actor(), id, BotVerbs.Read, new(session, before, limit), ct)).ToHttp();
    }

    /// <summary>The whole conversation, one entry a line, oldest first.</summary>
    private static async Task<Results<SessionExport, ProblemHttpResult>> ExportAsync(
        HttpContext context, string id, string session, BotDesk desk, CancellationToken ct)
    {
        if (!BotRules.IsSession(session)) { return FleetProblems.BadSession.ToHttp(); }
        // Refused before anything is sent; after that a break is seen by the missing end.
        var last = await desk.AskAsync(context.Actor(), id, BotVerbs.Read, new(session, null, 1), ct);
        if (last.Problem is { } problem) { return problem.ToHttp(); }
        return new SessionExport(desk, context.Actor(), id, session, last.Value!.Entries is [.., var entry] ? entry.Number : -1);
    }

    private static async Task<Results<NoContent, Accepted<KeptChange>, ProblemHttpResult>> DeleteSessionAsync(
        HttpContext context, string id, string session, BotDesk desk, Db db, CancellationToken ct)
    {
        if (!BotRules.IsSession(session)) { return FleetProblems.BadSession.ToHttp(); }
        var done = await desk.TellAsync(context.Actor(), id, BotVerbs.DeleteSession, new(session), ct);
        if (done.Problem is null) { await TurnSql.DeleteSessionAsync(db, Guid.Parse(id), session, ct); }
        return Said(done);
    }

    private static async Task<Results<Ok<FileList>, ProblemHttpResult>> FilesAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct) =>
        (await desk.AskAsync(context.Actor(), id, BotVerbs.Files, Nothing.Instance, ct)).ToHttp();

    private static async Task<Results<Ok<FileView>, ProblemHttpResult>> ReadFileAsync(
        HttpContext context, string id, string path, BotDesk desk, CancellationToken ct) =>
        !File().IsMatch(path)
            ? FleetProblems.BadPath.ToHttp()
            : (await desk.AskAsync(context.Actor(), id, BotVerbs.ReadFile, new(path), ct)).ToHttp();

    private static async Task<Results<Ok<FileView>, Accepted<KeptChange>, ProblemHttpResult>> WriteFileAsync(
        HttpContext context, string id, string path, WriteFile body, BotDesk desk, CancellationToken ct)
    {
        if (!File().IsMatch(path)) { return FleetProblems.BadPath.ToHttp(); }
        var written = await desk.TellAsync(context.Actor(), id, BotVerbs.WriteFile, new(path, body.Text, body.IfVersion), ct);
        if (written.Problem is { } problem) { return problem.ToHttp(); }
        if (written.Value!.Answer is null) { return Kept(); }
        return (await desk.AskAsync(context.Actor(), id, BotVerbs.ReadFile, new(path), ct)).Succeeded(out var file, out problem)
            ? TypedResults.Ok(file)
            : problem.ToHttp();
    }

    private static async Task<Results<NoContent, Accepted<KeptChange>, ProblemHttpResult>> DeleteFileAsync(
        HttpContext context, string id, string path, BotDesk desk, CancellationToken ct, string? ifVersion = null) =>
        !File().IsMatch(path)
            ? FleetProblems.BadPath.ToHttp()
            : Said(await desk.TellAsync(context.Actor(), id, BotVerbs.WriteFile, new(path, null, ifVersion), ct));

    private static async Task<Results<Ok<ScheduleList>, ProblemHttpResult>> SchedulesAsync(
        HttpContext context, string id, BotDesk desk, CancellationToken ct) =>
        (await desk.AskAsync(context.Actor(), id, BotVerbs.Schedules, Nothing.Instance, ct)).ToHttp();

    private static async Task<Results<Ok<ScheduleView>, Accepted<KeptChange>, ProblemHttpResult>> PutScheduleAsync(
        HttpContext context, string id, string schedule, PutSchedule body, BotDesk desk, CancellationToken ct)
    {
        if (!BotRules.IsSession(schedule)) { return FleetProblems.BadSchedule.ToHttp(); }
        if (!BotRules.IsSession(body.Session)) { return FleetProblems.BadSession.ToHttp(); }
        if (body.Message.Length > BotRules.MessageCharsMax) { return FleetProblems.BadMessage.ToHttp(); }
        var wanted = new Schedule(schedule, body.Name, body.Cron, body.At, body.TimeZone, body.Session, body.Message, body.IsEnabled, body.Missed);
        var put = await desk.TellAsync(context.Actor(), id, BotVerbs.PutSchedule, wanted, ct);
        if (put.Problem is { } problem) { return problem.ToHttp(); }
        return put.Value!.Answer is { } view ? TypedResults.Ok(view) : Kept();
    }

    private static async Task<Results<NoContent, Accepted<KeptChange>, ProblemHttpResult>> DeleteScheduleAsync(
        HttpContext context, string id, string schedule, BotDesk desk, CancellationToken ct) =>
        !BotRules.IsSession(schedule)
            ? FleetProblems.BadSchedule.ToHttp()
            : Said(await desk.TellAsync(context.Actor(), id, BotVerbs.DeleteSchedule, new(schedule), ct));

    private static async Task<Results<Ok<SaidView>, ProblemHttpResult>> RetryAsync(
        HttpContext context, string id, string turn, RetryTurn body, ChatRoom room, CancellationToken ct) =>
        !Guid.TryParseExact(turn, "D", out var turnId)
            ? FleetProblems.TurnNotFound.ToHttp()
            : (await room.RetryAsync(context.Actor(), id, turnId, body, ct)).ToHttp();

    // The contract: what is no number from 1 on is 100, and more than 10000 is 10000.
    private static int Tail(string? text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var tail) && tail >= 1
            ? Math.Min(tail, BotRules.TailMax)
            : BotRules.TailDefault;

    public static Results<NoContent, Accepted<KeptChange>, ProblemHttpResult> Said(Result<Told<Nothing>> result)
    {
        if (result.Problem is { } problem) { return problem.ToHttp(); }
        return result.Value!.Answer is null ? Kept() : TypedResults.NoContent();
    }

    public static Accepted<KeptChange> Kept() => TypedResults.Accepted((string?)null, KeptChange.Instance);

    [GeneratedRegex(@"^(memory/(SOUL|USER|MEMORY)\.md|skills/[A-Za-z0-9][A-Za-z0-9_-]{0,63}\.md)\z")]
    private static partial Regex File();
}
