using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Discord;

/// <summary>The REST API, version 10: what a bot that talks needs of it.</summary>
internal sealed class DiscordApi(DiscordWorld world)
{
    private const int TextMax = 2000;
    private const int NonceMax = 25;
    private const int LimitWindowSeconds = 5;

    public void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/discord/api/v10");
        api.MapGet("/gateway", (HttpRequest request) => ChatJson.Answer(new JsonObject { ["url"] = Gateway(request) }));
        api.MapGet("/gateway/bot", (HttpRequest request) => As(request, bot => ChatJson.Answer(new JsonObject
        {
            ["url"] = $"{Gateway(request)}/{bot.User.Name}",
            ["shards"] = 1,
            ["session_start_limit"] = new JsonObject
            {
                ["total"] = 1000,
                ["remaining"] = 999,
                ["reset_after"] = 14_400_000,
                ["max_concurrency"] = 1,
            },
        })));
        api.MapGet("/users/@me", (HttpRequest request) => As(request, bot => ChatJson.Answer(DiscordJson.Me(bot.User))));
        api.MapGet("/applications/@me", (HttpRequest request) => As(request, bot => ChatJson.Answer(new JsonObject
        {
            ["id"] = bot.User.Id,
            ["name"] = bot.User.Name,
            ["flags"] = bot.ApplicationFlags,
        })));
        api.MapPost("/users/@me/channels", async (HttpRequest request) => As(request, await BodyAsync(request), OpenDirect));
        api.MapGet("/channels/{id}", (HttpRequest request, string id) => In(request, id,
            (bot, room) => ChatJson.Answer(DiscordJson.Room(bot, room))));
        api.MapGet("/channels/{id}/messages", (HttpRequest request, string id, long? after, int? limit) => In(request, id,
            (bot, room) => ChatJson.Answer(new JsonArray(
                [.. bot.MessagesIn(room.Id, after ?? 0, Math.Clamp(limit ?? 50, 1, 100)).Select(message => message.DeepClone())]))));
        api.MapPost("/channels/{id}/messages", async (HttpContext context, string id) =>
        {
            var body = await BodyAsync(context.Request);
            return In(context.Request, id, (bot, room) => Say(context, bot, room, body));
        });
        api.MapPost("/channels/{id}/typing", (HttpRequest request, string id) => In(request, id, (bot, _) =>
        {
            bot.Typed++;
            return Results.NoContent();
        }));
        api.Map("/{**rest}", () => Refuse(404, 0, "404: Not Found"));
    }

    private IResult OpenDirect(DiscordBot bot, JsonObject body) =>
        body.Text("recipient_id") is { } id && bot.World.People.FirstOrDefault(person => person.Id == id) is { } person
            ? ChatJson.Answer(DiscordJson.Room(bot, bot.DirectWith(person)))
            : Refuse(400, 50033, "Invalid Recipient(s)");

    private IResult Say(HttpContext context, DiscordBot bot, DiscordRoom room, JsonObject? body)
    {
        if (body is null) { return Refuse(400, 50109, "The request body contains invalid JSON."); }
        if (Limited(context.Response, bot, room) is { } limited) { return limited; }
        if (bot.Faults.IsForbidden) { return Refuse(403, 50013, "Missing Permissions"); }
        if (bot.Takes(faults => faults.Failing, faults => faults with { Failing = faults.Failing - 1 }))
        {
            return Refuse(500, 0, "500: Internal Server Error");
        }
        var text = body.Text("content") ?? "";
        if (text.Length > TextMax) { return Invalid("content", "BASE_TYPE_MAX_LENGTH", $"Must be {TextMax} or fewer in length."); }
        if (string.IsNullOrWhiteSpace(text)) { return Refuse(400, 50006, "Cannot send an empty message"); }
        var nonce = body["nonce"] is JsonValue given ? given.ToString() : null;
        if (nonce?.Length > NonceMax) { return Invalid("nonce", "NONCE_TYPE_TOO_LONG", "Nonce is too long"); }
        var replyTo = body["message_reference"] is JsonObject reference ? reference.Text("message_id") : null;
        var answered = bot.Message(replyTo) is { } found && found.Text("channel_id") == room.Id ? found : null;
        if (replyTo is not null && answered is null && body["message_reference"]!["fail_if_not_exists"]?.GetValue<bool>() is not false)
        {
            return Invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message");
        }
        var (id, now) = (world.NewId(), world.Time.GetUtcNow());
        var message = DiscordJson.Message(bot, room, id, bot.User, text, now, answered);
        if (nonce is not null) { message["nonce"] = nonce; }
        var pings = Pings(body, text);
        message["mention_everyone"] = pings.Everyone;
        var kept = bot.Say(room, message, body.IsSet("enforce_nonce") ? nonce : null,
            new(id, room.Id, text, now, nonce, replyTo, pings.Everyone, pings.Somebody));
        if (bot.Takes(faults => faults.Swallowing, faults => faults with { Swallowing = faults.Swallowing - 1 }))
        {
            context.Abort();
            return Results.Empty;
        }
        return ChatJson.Answer(kept.DeepClone());
    }

    private static (bool Everyone, bool Somebody) Pings(JsonObject body, string text)
    {
        var allowed = body["allowed_mentions"] as JsonObject;
        bool Allows(string kind) => allowed is null
            || (allowed["parse"] is JsonArray parse && parse.Any(word => word?.GetValue<string>() == kind));
        return ((text.Contains("@everyone", StringComparison.Ordinal) || text.Contains("@here", StringComparison.Ordinal)) && Allows("everyone"),
            (text.Contains("<@", StringComparison.Ordinal) && Allows("users"))
            || (body["message_reference"] is not null && (allowed is null || allowed["replied_user"]?.GetValue<bool>() == true)));
    }

    /// <summary>Null: it may. The headers stand on every answer, so that a client can slow down by itself.</summary>
    private IResult? Limited(HttpResponse response, DiscordBot bot, DiscordRoom room)
    {
        var faults = bot.Faults;
        var isOrdered = bot.Takes(faults => faults.RateLimited, faults => faults with { RateLimited = faults.RateLimited - 1 });
        var remaining = 0;
        var wait = isOrdered ? TimeSpan.FromSeconds(faults.RetryAfter) : bot.LimitOf(room.Id, out remaining);
        var reset = wait > TimeSpan.Zero ? wait.TotalSeconds : LimitWindowSeconds;
        string Text(double number) => number.ToString("0.000", CultureInfo.InvariantCulture);
        var headers = response.Headers;
        if (!(isOrdered && faults.IsGlobal))
        {
            headers["X-RateLimit-Limit"] = faults.MessagesPer5Seconds.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Remaining"] = remaining.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Reset"] = Text((world.Time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0) + reset);
            headers["X-RateLimit-Reset-After"] = Text(reset);
            headers["X-RateLimit-Bucket"] = "80c17d2f203122d936070c88c8d10f33";
        }
        if (wait <= TimeSpan.Zero) { return null; }
        headers.RetryAfter = Math.Ceiling(reset).ToString(CultureInfo.InvariantCulture);
        headers["X-RateLimit-Scope"] = isOrdered && faults.IsGlobal ? "global" : "user";
        if (isOrdered && faults.IsGlobal) { headers["X-RateLimit-Global"] = "true"; }
        return ChatJson.Answer(new JsonObject
        {
            ["message"] = "You are being rate limited.",
            ["retry_after"] = Math.Round(reset, 3),
            ["global"] = isOrdered && faults.IsGlobal,
        }, 429);
    }

    private IResult In(HttpRequest request, string room, Func<DiscordBot, DiscordRoom, IResult> work) => As(request, bot =>
        bot.Room(room) is { } found ? work(bot, found) : Refuse(404, 10003, "Unknown Channel"));

    private IResult As(HttpRequest request, JsonObject? body, Func<DiscordBot, JsonObject, IResult> work) => As(request, bot =>
        body is null ? Refuse(400, 50109, "The request body contains invalid JSON.") : work(bot, body));

    private IResult As(HttpRequest request, Func<DiscordBot, IResult> work)
    {
        if (string.IsNullOrEmpty(request.Headers.UserAgent)) { return Refuse(403, 40333, "internal network error"); }
        var words = request.Headers.Authorization.ToString().Split(' ', 2);
        return words is ["Bot", var token] && world.TryGetBot(token, out var bot) ? work(bot) : Refuse(401, 0, "401: Unauthorized");
    }

    private static async Task<JsonObject?> BodyAsync(HttpRequest request)
    {
        using StreamReader reader = new(request.Body, Encoding.UTF8);
        return ChatJson.Read(await reader.ReadToEndAsync(request.HttpContext.RequestAborted));
    }

    private static string Gateway(HttpRequest request) => $"{(request.IsHttps ? "wss" : "ws")}://{request.Host}/discord/gateway";

    private static IResult Refuse(int status, int code, string message) =>
        ChatJson.Answer(new JsonObject { ["message"] = message, ["code"] = code }, status);

    private static IResult Invalid(string field, string code, string message) => ChatJson.Answer(new JsonObject
    {
        ["message"] = "Invalid Form Body",
        ["code"] = 50035,
        ["errors"] = new JsonObject
        {
            [field] = new JsonObject { ["_errors"] = new JsonArray(new JsonObject { ["code"] = code, ["message"] = message }) },
        },
    }, 400);
}
