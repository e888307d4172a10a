using System.Globalization;
using System.Text.Json.Nodes;

namespace Wopr.Sandbox.Telegram;

/// <summary>The one shape of everything that the Bot API answers.</summary>
internal static class TelegramReply
{
    public static IResult Good(JsonNode result) => Json(new() { ["ok"] = true, ["result"] = result }, 200);

    public static IResult Fault(int code, string description) =>
        Json(new() { ["ok"] = false, ["error_code"] = code, ["description"] = description }, code);

    public static IResult TooMany(int seconds) => Json(new()
    {
        ["ok"] = false,
        ["error_code"] = 429,
        ["description"] = string.Create(CultureInfo.InvariantCulture, $"Too Many Requests: retry after {seconds}"),
        ["parameters"] = new JsonObject { ["retry_after"] = seconds },
    }, 429);

    private static IResult Json(JsonObject body, int status) => Results.Content(body.ToJsonString(), "application/json", null, status);
}
