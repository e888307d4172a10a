using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Slack;

/// <param name="Channel">Null for a direct message.</param>
/// <param name="Mentions">Says @app first.</param>
/// <param name="ThreadTs">The thread it is said in.</param>
/// <param name="Times">Delivered so many times, the same event.</param>
/// <param name="IsBot">It is another bot that says it.</param>
internal sealed record SlackSay(
    string User, string Text, string? Channel = null, bool Mentions = false, string? ThreadTs = null, int Times = 1, bool IsBot = false);

/// <param name="How">drop (no word), refresh_requested, warning, or link_disabled.</param>
internal sealed record SlackCut(string How = "drop");

/// <summary>What Slack does not have: words put into people's mouths, faults on demand, and what an app said.</summary>
internal sealed class SlackControls(SlackWorld world)
{
    private const int ShownMax = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/slack", Index);
        var control = routes.MapGroup("/slack/apps/{name}");
        control.MapGet("", (string name) => View(world.AppNamed(name)));
        control.MapPost("/say", (string name, SlackSay said) => Say(world.AppNamed(name), said));
        control.MapPost("/speak", async (string name, HttpRequest request) =>
        {
            var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            Say(world.AppNamed(name), new(form["user"].ToString(), form["text"].ToString()));
            return Results.Redirect("/slack");
        });
        control.MapPost("/cut", (string name, SlackCut cut) => Cut(world.AppNamed(name), cut));
        control.MapPost("/faults", (string name, SlackFaults faults) => world.AppNamed(name).Faults = faults);
        control.MapPost("/frame", async (string name, HttpRequest request) =>
        {
            using StreamReader reader = new(request.Body);
            var frame = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
            foreach (var line in world.AppNamed(name).OpenLines()) { line.SendText(frame); }
        });
    }

    private object View(SlackApp app) => new
    {
        app.AppId,
        app.UserId,
        Connections = app.OpenLines().Count,
        app.Connected,
        app.Deliveries.Open,
        app.Deliveries.Acknowledged,
        app.Deliveries.Lost,
        app.Faults,
        app.Said,
        Now = world.Time.GetUtcNow(),
    };

    private IResult Say(SlackApp app, SlackSay said)
    {
        if (string.IsNullOrEmpty(said.User) || said.User.Length > 32 || said.Text is null)
        {
            return Results.BadRequest(new { error = "Say who speaks (user, up to 32 letters), and what (text)." });
        }
        var room = said.Channel is null ? app.DirectWith(said.User) : app.RoomNamed(said.Channel);
        var (stamp, user) = (world.NewStamp(), app.Person(said.User));
        JsonObject message = new()
        {
            ["type"] = "message",
            ["user"] = user,
            ["ts"] = stamp,
            ["client_msg_id"] = Guid.CreateVersion7(world.Time.GetUtcNow()).ToString(),
            // As Slack does with what people type.
            ["text"] = (said.Mentions ? $"<@{app.UserId}> " : "") + said.Text.Replace("&", "&amp;", StringComparison.Ordinal)
                .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal),
            ["team"] = world.TeamId,
            ["channel"] = room.Id,
            ["event_ts"] = stamp,
        };
        if (said.ThreadTs is not null) { message["thread_ts"] = said.ThreadTs; }
        if (said.IsBot)
        {
            message["bot_id"] = "B0THERB0T";
            message["subtype"] = "bot_message";
        }
        app.Hear(room, message, said.Mentions, Math.Max(1, said.Times));
        return Results.Ok(new { Ts = stamp, Channel = room.Id, UserId = user });
    }

    private static IResult Cut(SlackApp app, SlackCut cut)
    {
        var lines = app.OpenLines();
        if (cut.How is not ("drop" or "refresh_requested" or "warning" or "link_disabled"))
        {
            return Results.BadRequest(new { error = "How is drop, refresh_requested, warning or link_disabled." });
        }
        foreach (var line in lines)
        {
            if (cut.How == "drop") { line.Abort(); }
            else { SocketMode.Disconnect(line, cut.How); }
        }
        return Results.Ok(new { Cut = lines.Count });
    }

    private IResult Index() => Page.Show("The pretended Slack", world.Apps.Count == 0
        ? "<article><p>No app was here yet. Give one the tokens <code>xoxb-ada</code> and <code>xapp-ada</code>.</p></article>"
        : string.Concat(world.Apps.Select(app => $"""
            <article><h2>{Page.Text(app.Name)}</h2><small>{app.OpenLines().Count} connections</small>
            {string.Concat(app.LastMessages(ShownMax).Select(message =>
                $"<p><b>{Page.Text(message.Text("bot_id") is null ? message.Text("user") : app.Name)}</b> {Page.Text(message.Text("text"))}</p>"))}
            <form method="post" action="/slack/apps/{Uri.EscapeDataString(app.Name)}/speak">
            <input name="user" value="ann" size="8" aria-label="Who speaks"> <input name="text" size="40" aria-label="What they say">
            <button>Say it to {Page.Text(app.Name)}</button></form></article>
            """)));
}
