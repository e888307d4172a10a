using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Slack;

/// <summary>The Web API: what an app that talks over socket mode needs of it. Everything is 200, and says <c>ok</c> or not.</summary>
internal sealed class SlackApi(SlackWorld world)
{
    private const int TextMax = 40_000;

    public void Map(IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("/slack/api");
        api.MapPost("/api.test", () => Fine([]));
        api.MapPost("/auth.test", (HttpRequest request) => AsBotAsync(request.HttpContext, null, (app, _) => Fine(new()
        {
            ["url"] = "https://sandbox.slack.com/",
            ["team"] = "Sandbox",
            ["user"] = app.Name,
            ["team_id"] = world.TeamId,
            ["user_id"] = app.UserId,
            ["bot_id"] = app.BotId,
            ["is_enterprise_install"] = false,
        })));
        api.MapPost("/apps.connections.open", (HttpRequest request) => OpenAsync(request.HttpContext));
        api.MapPost("/chat.postMessage", (HttpRequest request) =>
            AsBotAsync(request.HttpContext, "chat:write", (app, fields) => Post(request.HttpContext, app, fields)));
        api.Map("/{**rest}", () => Refuse("unknown_method"));
    }

    private IResult Post(HttpContext context, SlackApp app, JsonObject fields)
    {
        var faults = app.Faults;
        if (app.Takes(faults => faults.RateLimited, faults => faults with { RateLimited = faults.RateLimited - 1 }))
        {
            context.Response.Headers.RetryAfter = faults.RetryAfter.ToString(CultureInfo.InvariantCulture);
            return ChatJson.Answer(new JsonObject { ["ok"] = false, ["error"] = "ratelimited" }, 429);
        }
        if (app.Takes(faults => faults.Failing, faults => faults with { Failing = faults.Failing - 1 }))
        {
            return ChatJson.Answer(new JsonObject { ["ok"] = false, ["error"] = "internal_error" }, 500);
        }
        if (app.Room(fields.Text("channel") ?? "") is not { } room) { return Refuse("channel_not_found"); }
        if (room.Person is null && faults.IsOutside) { return Refuse("not_in_channel"); }
        var text = fields.Text("text") ?? "";
        if (string.IsNullOrWhiteSpace(text)) { return Refuse("no_text"); }
        if (text.Length > TextMax) { return Refuse("msg_too_long"); }

        var (stamp, thread) = (world.NewStamp(), fields.Text("thread_ts"));
        JsonObject message = new()
        {
            ["user"] = app.UserId,
            ["type"] = "message",
            ["ts"] = stamp,
            ["bot_id"] = app.BotId,
            ["app_id"] = app.AppId,
            ["text"] = text,
            ["team"] = world.TeamId,
        };
        if (thread is not null) { message["thread_ts"] = thread; }
        var isLoud = ((string[])["<!channel", "<!everyone", "<!here"]).Any(ping => text.Contains(ping, StringComparison.Ordinal));
        app.Keep(new(stamp, room.Id, text, thread, world.Time.GetUtcNow(), isLoud));
        var heard = message.DeepClone().AsObject();
        heard["channel"] = room.Id;
        heard["event_ts"] = stamp;
        app.Hear(room, heard, isMention: false, times: 1);
        if (app.Takes(faults => faults.Swallowing, faults => faults with { Swallowing = faults.Swallowing - 1 }))
        {
            context.Abort();
            return Results.Empty;
        }
        return Fine(new() { ["channel"] = room.Id, ["ts"] = stamp, ["message"] = message });
    }

    private async Task<IResult> OpenAsync(HttpContext context)
    {
        var token = Token(context.Request, await FieldsAsync(context.Request));
        if (token.Length == 0) { return Refuse("not_authed"); }
        if (token.StartsWith(SlackWorld.BotPrefix, StringComparison.Ordinal)) { return Refuse("not_allowed_token_type"); }
        if (world.AppOf(token, SlackWorld.AppPrefix) is not { Faults.IsAppTokenRevoked: false } app) { return Refuse("invalid_auth"); }
        if (app.Faults.IsSocketModeOff) { return Refuse("socket_mode_not_enabled"); }
        if (app.Faults.MissingScope == "connections:write") { return MissingScope(app, "connections:write"); }
        var scheme = context.Request.IsHttps ? "wss" : "ws";
        return Fine(new()
        {
            ["url"] = $"{scheme}://{context.Request.Host}/slack/link/?ticket={app.NewTicket()}&app_id={Uri.EscapeDataString(app.Name)}",
        });
    }

    private async Task<IResult> AsBotAsync(HttpContext context, string? scope, Func<SlackApp, JsonObject, IResult> work)
    {
        if (await FieldsAsync(context.Request) is not { } fields) { return Refuse("invalid_json"); }
        var token = Token(context.Request, fields);
        if (token.Length == 0) { return Refuse("not_authed"); }
        if (token.StartsWith(SlackWorld.AppPrefix, StringComparison.Ordinal)) { return Refuse("not_allowed_token_type"); }
        if (world.AppOf(token, SlackWorld.BotPrefix) is not { Faults.IsRevoked: false } app) { return Refuse("invalid_auth"); }
        context.Response.Headers["x-oauth-scopes"] = app.Faults.Scopes;
        if (scope is not null && app.Faults.MissingScope == scope) { return MissingScope(app, scope); }
        return work(app, fields);
    }

    // In the header, or among the fields as old clients send it.
    private static string Token(HttpRequest request, JsonObject? fields) =>
        request.Headers.Authorization.ToString().Split(' ', 2) is ["Bearer", var token] ? token : fields?.Text("token") ?? "";

    private static async Task<JsonObject?> FieldsAsync(HttpRequest request)
    {
        if (request.HasFormContentType)
        {
            var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            return new(form.Select(field => KeyValuePair.Create<string, JsonNode?>(field.Key, field.Value.ToString())));
        }
        using StreamReader reader = new(request.Body, Encoding.UTF8);
        var text = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
        return text.Length == 0 ? [] : ChatJson.Read(text);
    }

    private static IResult Fine(JsonObject answer)
    {
        answer["ok"] = true;
        return ChatJson.Answer(answer);
    }

    private static IResult Refuse(string error) => ChatJson.Answer(new JsonObject { ["ok"] = false, ["error"] = error });

    private static IResult MissingScope(SlackApp app, string needed) => ChatJson.Answer(new JsonObject
    {
        ["ok"] = false,
        ["error"] = "missing_scope",
        ["needed"] = needed,
        ["provided"] = app.Faults.Scopes,
    });
}
