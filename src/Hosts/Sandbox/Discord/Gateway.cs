using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Discord;

/// <summary>The WebSocket that bots hear over: version 10, JSON, not compressed.</summary>
internal sealed class Gateway(DiscordWorld world)
{
    private const int FrameBytesMax = 4096;
    private const int FramesPerMinute = 120;
    private const long AllIntents = (1L << 26) - 1;
    // Members, presences, the words of messages: each has a switch in the developer portal; only the last one is here.
    private const long NeverGiven = (1 << 1) | (1 << 8);

    private sealed class Connection(LiveSocket line)
    {
        public LiveSocket Line => line;
        public DiscordBot? Bot { get; set; }
        public GatewaySession? Session { get; set; }
    }

    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }
        using LiveSocket line = new(await context.WebSockets.AcceptWebSocketAsync());
        var pump = line.PumpAsync(context.RequestAborted);
        Connection connection = new(line);
        var query = context.Request.Query;
        if (query["v"] != "10") { line.Close(4012, "Invalid API version"); }
        else if (query.ContainsKey("compress") || (query["encoding"] is { Count: > 0 } encoding && encoding != "json"))
        {
            line.Close(4002, "The sandbox speaks JSON only, and does not compress");
        }
        else
        {
            await TalkAsync(connection, context, context.Request.RouteValues["name"] as string);
        }
        connection.Session?.Detach(line);
        connection.Bot?.Closed(line);
        // Whoever says goodbye properly does not come back to this session; nobody else is known to be gone.
        if (line.ClosedWith is 1000 or 1001 && connection is { Bot: { } bot, Session: { } over })
        {
            bot.Sessions.TryTake(over.Id, out _);
        }
        if (line.ClosedWith is not null) { line.Abort(); }
        await pump;
    }

    private async Task TalkAsync(Connection connection, HttpContext context, string? name)
    {
        var line = connection.Line;
        // Whoever came to an address of its own has its own heart.
        var faults = name is null ? new() : world.BotNamed(name).Faults;
        line.Send(Frame(GatewayOp.Hello, new JsonObject { ["heartbeat_interval"] = faults.HeartbeatMs, ["_trace"] = new JsonArray() }));
        var silenceMax = TimeSpan.FromMilliseconds(faults.HeartbeatMs * 1.5);
        await using var silence = world.Time.CreateTimer(_ => line.Close(4009, "Session timed out."), null, silenceMax, Timeout.InfiniteTimeSpan);
        Queue<long> heard = new();
        while (await line.ReceiveAsync(FrameBytesMax, context.RequestAborted) is { } text)
        {
            silence.Change(silenceMax, Timeout.InfiniteTimeSpan);
            var now = world.Time.GetTimestamp();
            heard.Enqueue(now);
            while (heard.TryPeek(out var first) && world.Time.GetElapsedTime(first, now) > TimeSpan.FromMinutes(1)) { heard.Dequeue(); }
            if (heard.Count > FramesPerMinute) { line.Close(4008, "You are being rate limited."); }
            else if (ChatJson.Read(text) is { } frame && frame.Number("op") is { } op) { Take(connection, (int)op, frame["d"], Host(context)); }
            else { line.Close(4002, "Error while decoding payload."); }
        }
    }

    private void Take(Connection connection, int op, JsonNode? data, string host)
    {
        var line = connection.Line;
        switch (op)
        {
            case GatewayOp.Heartbeat:
                if (connection.Bot is not { Faults.IsDeaf: true }) { line.Send(Frame(GatewayOp.Ack, null)); }
                break;
            case GatewayOp.Identify or GatewayOp.Resume when connection.Session is not null:
                line.Close(4005, "Already authenticated.");
                break;
            case GatewayOp.Identify:
                Identify(connection, data as JsonObject ?? [], host);
                break;
            case GatewayOp.Resume:
                Resume(connection, data as JsonObject ?? []);
                break;
            case GatewayOp.Presence or 4 or 8 or 31:
                if (connection.Session is null) { line.Close(4003, "Not authenticated."); }
                break;
            default:
                line.Close(4001, "Unknown opcode.");
                break;
        }
    }

    private void Identify(Connection connection, JsonObject data, string host)
    {
        var line = connection.Line;
        if (!world.TryGetBot(data.Text("token"), out var bot)) { line.Close(4004, "Authentication failed."); return; }
        if (data["properties"] is not JsonObject) { line.Close(4002, "Error while decoding payload."); return; }
        if (data.Number("intents") is not { } intents || (intents & ~AllIntents) != 0) { line.Close(4013, "Invalid intent(s)."); return; }
        var isContentRefused = (intents & GatewaySession.MessageContent) != 0 && !bot.Faults.HasMessageContent;
        if (isContentRefused || (intents & NeverGiven) != 0) { line.Close(4014, "Disallowed intent(s)."); return; }

        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var session = bot.Sessions.GetOrAdd(id, () => new(bot, id, intents));
        (connection.Bot, connection.Session) = (bot, session);
        bot.Identified++;
        bot.Open(line);
        session.Attach(line);
        session.Dispatch("READY", Ready(bot, id, $"{host}/{bot.User.Name}"));
        if ((intents & GatewaySession.Guilds) != 0)
        {
            session.Dispatch("GUILD_CREATE", DiscordJson.Guild(bot, world.Time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture)));
        }
    }

    private static JsonObject Ready(DiscordBot bot, string session, string resumeAt) => new()
    {
        ["v"] = 10,
        ["user"] = DiscordJson.Me(bot.User),
        ["guilds"] = new JsonArray(new JsonObject { ["id"] = bot.GuildId, ["unavailable"] = true }),
        ["session_id"] = session,
        ["resume_gateway_url"] = resumeAt,
        ["session_type"] = "normal",
        ["application"] = new JsonObject { ["id"] = bot.User.Id, ["flags"] = bot.ApplicationFlags },
        ["user_settings"] = new JsonObject(),
        ["relationships"] = new JsonArray(),
        ["private_channels"] = new JsonArray(),
        ["presences"] = new JsonArray(),
        ["guild_join_requests"] = new JsonArray(),
        ["geo_ordered_rtc_regions"] = new JsonArray(),
        ["_trace"] = new JsonArray(),
    };

    private void Resume(Connection connection, JsonObject data)
    {
        var line = connection.Line;
        if (!world.TryGetBot(data.Text("token"), out var bot)) { line.Close(4004, "Authentication failed."); return; }
        if (data.Number("seq") is not { } after) { line.Close(4007, "Invalid seq."); return; }
        if (data.Text("session_id") is not { } id || !bot.Sessions.TryGet(id, out var session))
        {
            line.Send(Frame(GatewayOp.InvalidSession, JsonValue.Create(false)));
            return;
        }
        if (!session.Resume(line, after)) { line.Close(4007, "Invalid seq."); return; }
        (connection.Bot, connection.Session) = (bot, session);
        bot.Open(line);
        bot.Resumed++;
    }

    private static string Host(HttpContext context) =>
        $"{(context.Request.IsHttps ? "wss" : "ws")}://{context.Request.Host}/discord/gateway";

    internal static JsonObject Frame(int op, JsonNode? data) => new() { ["t"] = null, ["s"] = null, ["op"] = op, ["d"] = data };
}
