using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.Metadata;
using Wopr.Client;
using Wopr.Dashboard.Http;
using Wopr.Dashboard.Parts;
using Wopr.Kernel;

namespace Wopr.Dashboard.Pages.Bots;

/// <summary>
/// Talking with a bot. The page works by loading it again; with scripts it asks for its parts and hears the bot as it
/// answers.
/// </summary>
internal static partial class ChatPages
{
    public const string FirstSession = "main";

    // The longest message there may be, as a form sends it.
    private const long MessageBytesMax = 512 * 1024;

    public static void MapChat(this RouteGroupBuilder bot)
    {
        bot.MapGet("", ShowAsync);
        bot.MapGet("/messages", MessagesAsync);
        bot.MapGet("/stream", StreamAsync);
        bot.MapPost("/drawing", DrawAsync).WithMetadata(new LargeForm(MessageBytesMax));
        bot.MapPost("/say", SayAsync).WithMetadata(new LargeForm(MessageBytesMax));
        bot.MapPost("/retry", RetryAsync).WithMetadata(new LargeForm(MessageBytesMax));
        bot.MapPost("/cancel", CancelAsync);
        bot.MapPost("/forget", ForgetAsync);
    }

    private static async Task<IResult> ShowAsync(
        string id, Visit visit, TimeProvider time, string? session, string? before, CancellationToken ct) =>
        await ShowTalkAsync(id, visit, time, session, before, form: null, refusal: null, ct);

    private static async Task<IResult> ShowTalkAsync(
        string id, Visit visit, TimeProvider time, string? session, string? before, Form? form, Problem? refusal, CancellationToken ct)
    {
        var (finding, listing) = (visit.Platform.Fleet.FindAsync(id, ct), visit.Platform.Chat.SessionsAsync(id, ct));
        var measuring = visit.Platform.Fleet.DayAsync(id, ct);
        var (found, listed) = (await finding, await listing);
        if (!found.Succeeded(out var bot, out var problem)) { return Troubles.Of(problem); }
        var sessions = (listed.Value ?? []).OrderByDescending(one => one.LastAt).ToArray();
        var shown = session == "new" ? NewSession(time)
            : IsSession(session) ? session!
            : sessions.FirstOrDefault(one => one.Channel is null)?.Session ?? FirstSession;
        return Page.Show<BotPage>(new
        {
            Bot = bot,
            Session = shown,
            Sessions = sessions,
            IsListed = listed.Problem is null,
            Talk = await TalkAsync(visit, bot, shown, before, ct),
            Day = (await measuring).Value,
            IsOlder = before is not null,
            Form = form ?? Form.Of(("key", BotForm.NewKey())),
            Refused = refusal,
        }, form);
    }

    /// <summary>What was said, to be put in the place of what the browser has.</summary>
    private static async Task<IResult> MessagesAsync(string id, HttpRequest request, Visit visit, string? session, CancellationToken ct)
    {
        if (!request.AsksForPart()) { return Page.Go(Address(id, session)); }
        if (!IsSession(session)) { return Troubles.NotFound(); }
        return (await visit.Platform.Fleet.FindAsync(id, ct)).Succeeded(out var bot, out var problem)
            ? Page.Show<Messages>(new { Bot = bot, Session = session, Talk = await TalkAsync(visit, bot, session!, before: null, ct) })
            : Troubles.Of(problem);
    }

    private static async Task<IResult> StreamAsync(
        string id, HttpRequest request, Visit visit, string? session, string? after, CancellationToken ct)
    {
        if (!IsSession(session)) { return Troubles.NotFound(); }
        // The browser says by itself where it was when a connection broke; when the page was loaded anew, its address does.
        var heard = request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } last ? last : after;
        var opened = await visit.Platform.Chat.FollowAsync(id, session!, heard is not null && Event().IsMatch(heard) ? heard : null, ct);
        return opened.Succeeded(out var events, out var problem) ? new EventRelay(events) : Troubles.Of(problem);
    }

    /// <summary>What a bot has written so far, as it will look.</summary>
    private static async Task<IResult> DrawAsync(string id, HttpRequest request, CancellationToken ct)
    {
        if (!request.AsksForPart()) { return Page.Go($"/bots/{id}"); }
        var text = (await Form.ReadAsync(request, ct))["text"].ReplaceLineEndings("\n");
        return TypedResults.Content(Markdown.Html(text), "text/html");
    }

    private static async Task<IResult> SayAsync(string id, HttpRequest request, Visit visit, TimeProvider time, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        var (session, text) = (form["session"], form["text"].ReplaceLineEndings("\n"));
        if (!IsSession(session)) { return Troubles.NotFound(); }
        if (string.IsNullOrWhiteSpace(text)) { return request.AsksForPart() ? PartRequest.Unchanged : Page.Go(Address(id, session)); }
        var refused = (await visit.Platform.Chat.SayAsync(id, session, text, BotForm.Key(form), ct)).Problem;
        // Somebody went back, and wrote something else into a form that was sent already.
        if (refused?.Code == "fleet.client_id_used")
        {
            refused = (await visit.Platform.Chat.SayAsync(id, session, text, BotForm.NewKey(), ct)).Problem;
        }
        if (request.AsksForPart() || refused is null) { return Said(request, id, session, refused); }
        form.Refuse(refused);
        return await ShowTalkAsync(id, visit, time, session, before: null, form, refused, ct);
    }

    private static async Task<IResult> RetryAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        if (!Guid.TryParse(form["turn"], out var turn)) { return Troubles.NotFound(); }
        // The same again, or what is said instead.
        var text = form.Has("text") ? form["text"].ReplaceLineEndings("\n") : null;
        if (text is not null && string.IsNullOrWhiteSpace(text))
        {
            return request.AsksForPart() ? PartRequest.Unchanged : Page.Go(Address(id, form["session"]));
        }
        return Said(request, id, form["session"], (await visit.Platform.Chat.RetryAsync(id, turn, text, BotForm.Key(form), ct)).Problem);
    }

    private static async Task<IResult> CancelAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var form = await Form.ReadAsync(request, ct);
        return Guid.TryParse(form["turn"], out var turn)
            ? Said(request, id, form["session"], (await visit.Platform.Chat.CancelAsync(id, turn, ct)).Problem)
            : Troubles.NotFound();
    }

    private static async Task<IResult> ForgetAsync(string id, HttpRequest request, Visit visit, CancellationToken ct)
    {
        var session = (await Form.ReadAsync(request, ct))["session"];
        if (!IsSession(session)) { return Troubles.NotFound(); }
        return (await visit.Platform.Chat.DeleteSessionAsync(id, session, ct)).Problem is { } problem
            ? Troubles.Of(problem)
            : Page.Go($"/bots/{id}?done=talk-deleted");
    }

    // A page with scripts asks for what there is now; one without is shown it.
    private static IResult Said(HttpRequest request, string id, string session, Problem? refused) => (refused, request.AsksForPart()) switch
    {
        (null, true) => PartRequest.Unchanged,
        (null, false) => Page.Go(Address(id, session)),
        ({ } problem, true) => TypedResults.Text(Sentences.Of(problem).Sentence, statusCode: StatusCodes.Status422UnprocessableEntity),
        ({ } problem, false) => Troubles.Of(problem),
    };

    private static async Task<Conversation> TalkAsync(Visit visit, BotView bot, string session, string? before, CancellationToken ct)
    {
        long? number = long.TryParse(before, NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : null;
        var history = await visit.Platform.Chat.HistoryAsync(bot.Id.ToString(), session, number, ct);
        if (history.Succeeded(out var known, out var problem))
        {
            return Conversation.Of(known, unreachable: null, BotLooks.IsThere(bot) ? null : BotLooks.Waiting(bot));
        }
        // What the bot keeps cannot be read without it; what waits for it is kept by the platform.
        var waiting = await visit.Platform.Chat.WaitingAsync(bot.Id.ToString(), session, ct);
        return Conversation.Of(new([], HasMore: false, waiting.Value ?? []), Sentences.Of(problem).Sentence, BotLooks.Waiting(bot));
    }

    private static string Address(string id, string? session) =>
        IsSession(session) ? $"/bots/{id}?session={Uri.EscapeDataString(session!)}" : $"/bots/{id}";

    private static string NewSession(TimeProvider time) =>
        "chat-" + time.GetUtcNow().UtcDateTime.ToString("yyyyMMdd-HHmmss", CultureInfo.InvariantCulture);

    private static bool IsSession(string? session) => session is not null && Session().IsMatch(session);

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}\z")]
    private static partial Regex Session();

    [GeneratedRegex(@"^[0-9a-f-]{36}:[0-9]{1,19}\z")]
    private static partial Regex Event();

    /// <summary>A form that may be larger than the others.</summary>
    internal sealed record LargeForm(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
