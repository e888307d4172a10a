using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

internal sealed record HookView(Guid TurnId);

/// <summary>
/// What programs post to a bot's webhook. Only the bot has the secret, so it is the bot that looks at the signature; here
/// what comes is kept small and rare, and is accepted only when the bot has it on its disk.
/// </summary>
internal static class HookEndpoint
{
    private const string Scope = "bot-hook";
    private const int BodyBytesMax = 64 * 1024;
    private const int HeaderCharsMax = 500;
    private const int FromOneMax = 120;
    private const int InAllMax = 600;

    private static readonly TimeSpan s_window = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(30);

    private static Problem NotFound { get; } = new(ProblemKind.NotFound, "hook.not_found",
        "There is no such webhook, or it is switched off.");

    private static Problem TooLarge { get; } = new(ProblemKind.TooLarge, "hook.too_large", "A webhook's body has at most 64 KB. Send less.");

    private static Problem BadHeader { get; } = new(ProblemKind.Invalid, "hook.bad_header",
        $"X-Wopr-Signature and X-Wopr-Delivery have at most {HeaderCharsMax} characters.");

    private static Problem TooMany(TimeSpan left) => new(ProblemKind.LimitReached, "hook.too_many",
        "Too many messages come to this webhook. Send them more slowly.")
    { RetryAfter = left };

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/hooks/{botId}/{channelId}", HearAsync)
        .Requires(Access.Public).WithTags("Channels").WithName("postToBotHook");

    private static async Task<Results<Accepted<HookView>, ProblemHttpResult>> HearAsync(
        HttpContext context, string botId, string channelId, Db db, RateWindows rates, Links links, CancellationToken ct)
    {
        if (!BotRegistry.TryId(botId, out var id) || !ChannelEndpoints.IsChannel(channelId)
            || await BotSql.FindAsync(db, null, id, ct) is not { Bot: { IsDeleted: false } bot })
        {
            return NotFound.ToHttp();
        }
        if (await RefuseAsync(context, rates, $"{id:N}/{channelId}", ct) is { } refusal) { return refusal.ToHttp(); }
        var (signature, delivery) = (Header(context, "X-Wopr-Signature"), Header(context, "X-Wopr-Delivery"));
        if (signature?.Length > HeaderCharsMax || delivery?.Length > HeaderCharsMax) { return BadHeader.ToHttp(); }
        if (await BodyAsync(context.Request, ct) is not { } body) { return TooLarge.ToHttp(); }
        return (await AskAsync(bot, new(channelId, delivery, signature, body), links, ct)).Succeeded(out var heard, out var problem)
            ? TypedResults.Accepted((string?)null, new HookView(heard.TurnId))
            : problem.ToHttp();
    }

    private static async Task<Result<HookHeard>> AskAsync(Bot bot, HookAsk ask, Links links, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_patience);
        try
        {
            return await links.AskAsync(bot.Link, BotVerbs.HearHook, ask, limit.Token);
        }
        catch (LinkRefusedException refused)
        {
            var problem = BotDesk.Problem(refused.Problem);
            return problem.Code == "hook.signature" ? problem with { Kind = ProblemKind.Unauthenticated } : problem with { RetryAfter = Again(problem) };
        }
        catch (Exception error) when (error is LinkLostException || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // Whose bot it is and how it stands with its bills is nobody else's business.
            return FleetProblems.BotUnreachable with { RetryAfter = s_again };
        }
    }

    // From one sender, so that a stranger cannot use up what others may send; and in all, for the bot's sake.
    private static async Task<Problem?> RefuseAsync(HttpContext context, RateWindows rates, string hook, CancellationToken ct)
    {
        var from = await rates.AddAsync(Scope, $"{hook} {CallerAddress.Of(context.Connection.RemoteIpAddress)}", 1, s_window, ct);
        if (from.Count > FromOneMax) { return TooMany(from.Left); }
        var inAll = await rates.AddAsync(Scope, hook, 1, s_window, ct);
        return inAll.Count > InAllMax ? TooMany(inAll.Left) : null;
    }

    private static TimeSpan? Again(Problem problem) => problem.Kind == ProblemKind.Unavailable ? s_again : null;

    private static string? Header(HttpContext context, string name) =>
        context.Request.Headers[name] is { Count: > 0 } values ? values.ToString() : null;

    private static async Task<byte[]?> BodyAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > BodyBytesMax) { return null; }
        var buffer = new byte[BodyBytesMax + 1];
        var read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        return read > BodyBytesMax ? null : buffer[..read];
    }
}
