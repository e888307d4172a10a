using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Wopr.Kernel;
using Wopr.Protocol;

namespace Wopr.Fleet;

/// <summary>What browsers are told of a conversation, in the contract's words.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(Piece), "text")]
[JsonDerivedType(typeof(ToolCall), "tool_call")]
[JsonDerivedType(typeof(Fault), "error")]
[JsonDerivedType(typeof(Ended), "done")]
[JsonDerivedType(typeof(Said), "message")]
[JsonDerivedType(typeof(Anew), "reset")]
internal abstract record ChatEvent
{
    public sealed record Piece(string Delta, Guid TurnId) : ChatEvent;

    public sealed record ToolCall(string Tool, string Args, Guid TurnId) : ChatEvent;

    public sealed record Fault(string Message, string? Code, Guid? TurnId) : ChatEvent
    {
        /// <summary>Of a message that the bot refused: whether saying it again may help.</summary>
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public bool? CanRetry { get; init; }
    }

    public sealed record Ended(Guid TurnId) : ChatEvent;

    public sealed record Said(string Text, Guid TurnId) : ChatEvent;

    public sealed record Anew(Guid TurnId) : ChatEvent;

    public static ChatEvent From(SessionEvent what) => what.Kind switch
    {
        SessionEventKind.Text => new Piece(what.Text ?? "", what.TurnId),
        SessionEventKind.ToolCall => new ToolCall(what.Tool ?? "", what.Arguments ?? "", what.TurnId),
        SessionEventKind.Error => new Fault(what.Text ?? "Something went wrong. Try again.", null, what.TurnId),
        SessionEventKind.Done => new Ended(what.TurnId),
        SessionEventKind.Message => new Said(what.Text ?? "", what.TurnId),
        SessionEventKind.Reset => new Anew(what.TurnId),
        _ => throw new ArgumentOutOfRangeException(nameof(what), what.Kind, "An event without a name."),
    };
}

/// <summary>
/// Follows a conversation for one viewer, across every loss of the bot's link: said once that it is gone, and going on
/// after the last event when it is back.
/// </summary>
internal sealed class ChatStream(Db db, Links links, Listener listener)
{
    private static readonly TimeSpan s_waitMin = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_waitMax = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_overlap = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_wellAfter = TimeSpan.FromSeconds(2);

    public async Task FollowAsync(Guid bot, string session, string? after, EventWriter events, CancellationToken ct)
    {
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var telling = TellRefusedAsync(bot, session, events, ends.Token);
        var following = FollowBotAsync(bot, session, after, events, ends.Token);
        await Task.WhenAny(telling, following);
        await ends.CancelAsync();
        try { await Task.WhenAll(telling, following); }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // The other one ended it.
        }
    }

    /// <summary>
    /// What the bot refused is in no conversation that it keeps, so it is told from here; those of the last minutes too,
    /// without a number, because whoever comes back may not have heard of them.
    /// </summary>
    private async Task TellRefusedAsync(Guid bot, string session, EventWriter events, CancellationToken ct)
    {
        var news = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using var subscription = listener.On(TurnSql.RefusedChannel, heard =>
        {
            if (heard is null || heard == bot.ToString()) { news.Writer.TryWrite(true); }
        });
        DateTimeOffset? since = null;
        HashSet<Guid> told = [];
        while (true)
        {
            var (turns, until) = await TurnSql.RefusedAsync(db, bot, session, since, ct);
            foreach (var turn in turns.Where(turn => told.Add(turn.Id)))
            {
                await events.EventAsync(null, new ChatEvent.Said(turn.Message, turn.Id) as ChatEvent, ct);
                await events.EventAsync(null, new ChatEvent.Fault(turn.Problem ?? "", null, turn.Id) { CanRetry = turn.CanRetry } as ChatEvent, ct);
                await events.EventAsync(null, new ChatEvent.Ended(turn.Id) as ChatEvent, ct);
            }
            // A little before, because what commits now may have begun earlier.
            since = until - s_overlap;
            await news.Reader.ReadAsync(ct);
        }
    }

    private async Task FollowBotAsync(Guid bot, string session, string? after, EventWriter events, CancellationToken ct)
    {
        var (isTold, wait) = (false, s_waitMin);
        while (!ct.IsCancellationRequested)
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                await foreach (var what in links.FollowAsync($"bot:{bot}", BotVerbs.Watch, new(session, after), ct))
                {
                    (isTold, wait, after) = (false, s_waitMin, what.Id);
                    await events.EventAsync(what.Id, ChatEvent.From(what), ct);
                }
            }
            catch (LinkLostException)
            {
                if (Stopwatch.GetElapsedTime(began) > s_wellAfter) { (isTold, wait) = (false, s_waitMin); }
                if (!isTold && await ProblemAsync(bot, ct) is var problem)
                {
                    await events.EventAsync(null, new ChatEvent.Fault(problem.Detail, problem.Code, null) as ChatEvent, ct);
                    if (problem.Kind == ProblemKind.NotFound) { return; }
                    isTold = true;
                }
            }
            catch (LinkRefusedException refused)
            {
                await events.EventAsync(null, new ChatEvent.Fault(refused.Problem.Message, refused.Problem.Code, null) as ChatEvent, ct);
                return;
            }
            await Task.Delay(wait * (0.75 + (Random.Shared.NextDouble() / 2)), ct);
            wait = wait * 2 < s_waitMax ? wait * 2 : s_waitMax;
        }
    }

    /// <summary>What a browser says it has; null when that is not one of ours.</summary>
    public static string? After(string? lastEventId) =>
        lastEventId?.Split(':') is [var turn, var number] && Guid.TryParse(turn, out _)
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? lastEventId
            : null;

    private async Task<Problem> ProblemAsync(Guid bot, CancellationToken ct) =>
        await BotSql.FindAsync(db, tenant: null, bot, ct) is { Bot.IsDeleted: false } found
            ? BotDesk.Unreachable(found.Bot)
            : FleetProblems.NotFound;
}
