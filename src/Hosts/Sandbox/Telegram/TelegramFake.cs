using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Wopr.Sandbox.Telegram;

/// <summary>
/// Telegram's Bot API with long polling. Every token of the right shape is a bot until it is revoked; its chats come into
/// being when somebody says something in them (see the controls).
/// </summary>
internal static partial class TelegramFake
{
    private const int PollSecondsMax = 50;
    private const int UpdatesMax = 100;

    public static void MapTelegram(this WebApplication app)
    {
        TelegramBots bots = new(app.Services.GetRequiredService<TimeProvider>());
        TelegramControls.Map(app, bots);
        app.MapMethods("/telegram/bot{token}/{method}", ["GET", "POST"],
            (string token, string method, HttpContext context) => AnswerAsync(bots, token, method, context));
    }

    private static async Task<IResult> AnswerAsync(TelegramBots bots, string token, string method, HttpContext context)
    {
        if (!Token().IsMatch(token)) { return TelegramReply.Fault(404, "Not Found"); }
        if (bots.Of(token) is not { } bot) { return TelegramReply.Fault(401, "Unauthorized"); }
        TelegramArguments arguments;
        try { arguments = await TelegramArguments.ReadAsync(context.Request); }
        catch (FormatException) { return TelegramReply.Fault(400, "Bad Request: can't parse request"); }
        var fault = bot.FaultOf(method);
        if (fault is { IsBefore: true }) { return await BreakAsync(fault, context); }
        var reply = await DoAsync(bot, method, arguments, context.RequestAborted);
        return fault is null ? reply : await BreakAsync(fault, context);
    }

    private static async Task<IResult> DoAsync(TelegramBot bot, string method, TelegramArguments arguments, CancellationToken ct)
    {
        switch (method.ToLowerInvariant())
        {
            case "getme":
                return TelegramReply.Good(bot.Me());
            case "getupdates":
                return await UpdatesAsync(bot, arguments, ct);
            case "sendmessage":
                return Send(bot, arguments);
            case "sendchataction":
                return TelegramReply.Good(true);
            case "setwebhook":
                bot.Webhook = arguments.Text("url") ?? "";
                return TelegramReply.Good(true);
            case "deletewebhook":
                bot.Webhook = "";
                return TelegramReply.Good(true);
            case "getwebhookinfo":
                return TelegramReply.Good(new JsonObject
                {
                    ["url"] = bot.Webhook,
                    ["has_custom_certificate"] = false,
                    ["pending_update_count"] = bot.Pending,
                });
            default:
                return TelegramReply.Fault(404, "Not Found");
        }
    }

    private static async Task<IResult> UpdatesAsync(TelegramBot bot, TelegramArguments arguments, CancellationToken ct)
    {
        if (bot.Webhook.Length > 0)
        {
            return TelegramReply.Fault(409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
        }
        var limit = (int)Math.Clamp(arguments.Number("limit") ?? UpdatesMax, 1, UpdatesMax);
        var wait = TimeSpan.FromSeconds(Math.Clamp(arguments.Number("timeout") ?? 0, 0, PollSecondsMax));
        try
        {
            return TelegramReply.Good(await bot.UpdatesAsync(arguments.Number("offset"), limit, wait, ct));
        }
        catch (TelegramConflictException)
        {
            return TelegramReply.Fault(409,
                "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
        }
    }

    private static IResult Send(TelegramBot bot, TelegramArguments arguments)
    {
        if (arguments.Number("chat_id") is not { } chat) { return TelegramReply.Fault(400, "Bad Request: chat_id is empty"); }
        if (arguments.Text("text") is not { } text || string.IsNullOrWhiteSpace(text))
        {
            return TelegramReply.Fault(400, "Bad Request: message text is empty");
        }
        if (text.Length > TelegramBot.TextMax) { return TelegramReply.Fault(400, "Bad Request: message is too long"); }
        var replyTo = arguments.Object("reply_parameters");
        var sent = bot.Send(chat, text, (long?)replyTo?["message_id"], (bool?)replyTo?["allow_sending_without_reply"] ?? false,
            arguments.Number("message_thread_id"), out var fault);
        return sent is not null ? TelegramReply.Good(sent) : TelegramReply.Fault(fault!.Value.Code, fault.Value.Words);
    }

    private static async Task<IResult> BreakAsync(TelegramFault fault, HttpContext context)
    {
        await Task.Delay(TimeSpan.FromSeconds(fault.HoldSeconds), context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (fault.Status == 0)
        {
            context.Abort();
            return Results.Empty;
        }
        return fault.Status == 429
            ? TelegramReply.TooMany(fault.RetryAfter)
            : TelegramReply.Fault(fault.Status, string.Create(CultureInfo.InvariantCulture, $"The sandbox was told to answer {fault.Status}"));
    }

    [GeneratedRegex(@"\A[0-9]{3,20}:[A-Za-z0-9_-]{20,100}\z")]
    private static partial Regex Token();
}
