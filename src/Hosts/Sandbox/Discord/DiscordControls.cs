using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Discord;

/// <param name="Channel">A channel of the bot's server; null for a direct message.</param>
/// <param name="Mentions">Says @bot first.</param>
/// <param name="ReplyTo">The id of the message it answers.</param>
/// <param name="Times">Delivered so many times, the same message.</param>
/// <param name="IsBot">It is another bot that says it.</param>
internal sealed record DiscordSay(
    string User, string Text, string? Channel = null, bool Mentions = false, string? ReplyTo = null, int Times = 1, bool IsBot = false);

/// <param name="How">drop (no word), reconnect (asked to come back), invalid (begin anew), or close.</param>
/// <param name="Code">What is closed with.</param>
/// <param name="Forget">The session too: it cannot be resumed.</param>
internal sealed record DiscordCut(string How = "drop", int Code = 4000, bool Forget = false);

/// <summary>What Discord does not have: words put into people's mouths, faults on demand, and what a bot said.</summary>
internal sealed class DiscordControls(DiscordWorld world)
{
    private const int ShownMax = 50;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/discord", Index);
        var control = routes.MapGroup("/discord/bots/{name}");
        control.MapGet("", (string name) => View(world.BotNamed(name)));
        control.MapPost("/say", (string name, DiscordSay said) => Say(world.BotNamed(name), said));
        control.MapPost("/speak", async (string name, HttpRequest request) =>
        {
            var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
            Say(world.BotNamed(name), new(form["user"].ToString(), form["text"].ToString()));
            return Results.Redirect("/discord");
        });
        control.MapPost("/cut", (string name, DiscordCut cut) => Cut(world.BotNamed(name), cut));
        control.MapPost("/faults", (string name, DiscordFaults faults) => world.BotNamed(name).Faults = faults);
        control.MapPost("/frame", async (string name, HttpRequest request) =>
        {
            using StreamReader reader = new(request.Body);
            var frame = await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
            foreach (var line in world.BotNamed(name).OpenLines()) { line.SendText(frame); }
        });
    }

    private object View(DiscordBot bot) => new
    {
        bot.User.Id,
        Connections = bot.Lines,
        bot.Identified,
        bot.Resumed,
        bot.Typed,
        bot.Faults,
        bot.Said,
        Now = world.Time.GetUtcNow(),
    };

    private IResult Say(DiscordBot bot, DiscordSay said)
    {
        if (string.IsNullOrEmpty(said.User) || said.User.Length > 32 || said.Text is null)
        {
            return Results.BadRequest(new { error = "Say who speaks (user, up to 32 letters), and what (text)." });
        }
        var author = said.IsBot ? world.BotNamed(said.User).User : world.Person(said.User);
        var room = said.Channel is null ? bot.DirectWith(author) : bot.RoomNamed(said.Channel);
        var text = said.Mentions ? $"<@{bot.User.Id}> {said.Text}" : said.Text;
        var message = DiscordJson.Message(bot, room, world.NewId(), author, text, world.Time.GetUtcNow(), bot.Message(said.ReplyTo));
        bot.Hear(room, message);
        for (var again = 1; again < said.Times; again++) { bot.Tell(room, message); }
        return Results.Ok(new { Id = message.Text("id"), ChannelId = room.Id, AuthorId = author.Id });
    }

    private static IResult Cut(DiscordBot bot, DiscordCut cut)
    {
        if (cut.Forget) { bot.Sessions.RemoveWhere(_ => true); }
        var lines = bot.OpenLines();
        foreach (var line in lines)
        {
            switch (cut.How)
            {
                case "drop": line.Abort(); break;
                case "reconnect": line.Send(Gateway.Frame(GatewayOp.Reconnect, null)); break;
                case "invalid": line.Send(Gateway.Frame(GatewayOp.InvalidSession, JsonValue.Create(!cut.Forget))); break;
                case "close": line.Close(cut.Code, "As ordered."); break;
                default: return Results.BadRequest(new { error = "How is drop, reconnect, invalid or close." });
            }
        }
        return Results.Ok(new { Cut = lines.Count });
    }

    private IResult Index() => Page.Show("The pretended Discord", world.Bots.Count == 0
        ? "<article><p>No bot was here yet. Give one a token of three parts, such as <code>ada.sandbox.token</code>.</p></article>"
        : string.Concat(world.Bots.Select(bot => $"""
            <article><h2>{Page.Text(bot.User.Name)}</h2><small>{bot.Lines} connections</small>
            {string.Concat(bot.LastMessages(ShownMax).Select(message =>
                $"<p><b>{Page.Text(message["author"]!["username"]!.GetValue<string>())}</b> {Page.Text(message.Text("content"))}</p>"))}
            <form method="post" action="/discord/bots/{Uri.EscapeDataString(bot.User.Name)}/speak">
            <input name="user" value="ann" size="8" aria-label="Who speaks"> <input name="text" size="40" aria-label="What they say">
            <button>Say it to {Page.Text(bot.User.Name)}</button></form></article>
            """)));
}
