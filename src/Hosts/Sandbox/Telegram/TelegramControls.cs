using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Telegram;

/// <summary>
/// What Telegram does not have: somebody who talks to a bot, what the bot said, and trouble on purpose. A bot is named by
/// the number before the colon of its token.
/// </summary>
internal static class TelegramControls
{
    public static void Map(IEndpointRouteBuilder routes, TelegramBots bots)
    {
        var bot = routes.MapGroup("/telegram/control/{number:long}");
        // {"text", "user": 7, "name", "chat": 7 or -100…, "type": "private" or "supergroup", "message": more of Telegram's members}
        bot.MapPost("/say", (string number, JsonObject body) => Json(bots.Numbered(number).Hear(Message(body))));
        bot.MapGet("/sent", (string number) => Json(bots.Numbered(number).Sent()));
        bot.MapPost("/redeliver", (string number) => Done(bots.Numbered(number).Redeliver));
        bot.MapPost("/revoke", (string number) => Done(bots.Numbered(number).Revoke));
        // {"method": "sendMessage" or "*", "status": 0 (cut), 429, 500, …, "before": false, "times": 1, "retry_after": 1, "hold": 30}
        bot.MapPost("/faults", (string number, JsonObject body) => Done(() => bots.Numbered(number).Break(
            new((string?)body["method"] ?? "*", (int?)body["status"] ?? 500, (bool?)body["before"] ?? true,
                (int?)body["retry_after"] ?? 1, (int?)body["hold"] ?? 0), (int?)body["times"] ?? 1)));
        bot.MapDelete("/faults", (string number) => Done(bots.Numbered(number).Mend));
        bot.MapDelete("", (string number) => Done(() => bots.Forget(number)));
    }

    private static JsonObject Message(JsonObject body)
    {
        var user = (long?)body["user"] ?? 7;
        var chat = (long?)body["chat"] ?? user;
        var name = (string?)body["name"] ?? "Ada";
        var type = (string?)body["type"] ?? (chat < 0 ? "supergroup" : "private");
        JsonObject message = new()
        {
            ["from"] = new JsonObject { ["id"] = user, ["is_bot"] = (bool?)body["is_bot"] ?? false, ["first_name"] = name },
            ["chat"] = type == "private"
                ? new JsonObject { ["id"] = chat, ["type"] = type, ["first_name"] = name }
                : new JsonObject { ["id"] = chat, ["type"] = type, ["title"] = "A group" },
            ["text"] = (string?)body["text"] ?? "",
        };
        foreach (var (member, value) in body["message"] as JsonObject ?? []) { message[member] = value?.DeepClone(); }
        if (message["text"] is JsonValue text && ((string?)text ?? "") is ['/', ..] words && message["entities"] is null)
        {
            message["entities"] = new JsonArray(new JsonObject { ["type"] = "bot_command", ["offset"] = 0, ["length"] = words.Split(' ')[0].Length });
        }
        return message;
    }

    private static IResult Json(JsonNode body) => Results.Content(body.ToJsonString(), "application/json");

    private static IResult Done(Action act)
    {
        act();
        return Results.NoContent();
    }
}
