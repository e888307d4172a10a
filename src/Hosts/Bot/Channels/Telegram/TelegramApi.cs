using System.Net;
using System.Text.Json;

namespace Wopr.Bot.Channels.Telegram;

/// <summary>Asks the Bot API. Its token is a part of every address: none is ever shown.</summary>
internal sealed class TelegramApi(string token, ChannelContext context)
{
    private const int DescriptionMax = 200;
    private const string WrongToken = "Telegram does not accept this token. Ask @BotFather for the token of your bot and put it in here.";
    private const string OtherPoller = "Another program reads this Telegram bot's messages, and Telegram gives them to one only. "
        + "Stop the other program; this one goes on by itself.";
    private const string HasWebhook = "Telegram sends this bot's messages to a webhook of another program. "
        + "Remove that webhook, or take the token of another bot.";

    /// <summary>The whole answer; what Telegram refuses is a <see cref="ChannelException"/>.</summary>
    /// <param name="isPoll">Asking twice changes nothing.</param>
    public async Task<JsonDocument> AskAsync(
        string method, Action<Utf8JsonWriter> members, TimeSpan limit, bool isPoll, CancellationToken ct)
    {
        // A token has a colon in it: without the dot what is before that would be taken for a scheme.
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(context.Addresses.TelegramApi, $"./bot{token}/{method}"));
        var answer = await ChannelHttp.AskAsync(context, "Telegram", request, Body(members), limit, ct);
        var json = Parse(answer, isPoll);
        if (json.RootElement.TryGetProperty("ok", out var ok) && ok.ValueKind == JsonValueKind.True) { return json; }
        using (json) { throw Refused(answer, json.RootElement, isPoll); }
    }

    private static ChannelException Refused(ServiceAnswer answer, JsonElement json, bool isPoll)
    {
        var said = json.TryGetProperty("description", out var words) ? words.GetString() ?? "" : "";
        var after = json.TryGetProperty("parameters", out var parameters) && parameters.TryGetProperty("retry_after", out var seconds)
            ? TimeSpan.FromSeconds(seconds.GetInt32())
            : answer.RetryAfter;
        return answer.Status switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.NotFound => new(WrongToken, endsChannel: true),
            HttpStatusCode.TooManyRequests => new("Telegram asks the bot to wait a little.", retryAfter: after ?? TimeSpan.FromSeconds(5)),
            HttpStatusCode.Conflict when said.Contains("webhook", StringComparison.OrdinalIgnoreCase) => new(HasWebhook, endsChannel: true),
            HttpStatusCode.Conflict => new(OtherPoller),
            >= HttpStatusCode.InternalServerError => new("Telegram has trouble at the moment.", retryAfter: after),
            _ => new($"Telegram refused this: {Short(said)}", isFinal: !isPoll),
        };
    }

    private static JsonDocument Parse(ServiceAnswer answer, bool isPoll)
    {
        try
        {
            var json = JsonDocument.Parse(answer.Body);
            if (json.RootElement.ValueKind == JsonValueKind.Object) { return json; }
            json.Dispose();
        }
        catch (JsonException) { }
        // A page of something in between. When it says that it took it, it may have.
        throw new ChannelException("Telegram answered something that is not understood.", mayHaveArrived: !isPoll && answer.IsGood);
    }

    private static byte[] Body(Action<Utf8JsonWriter> members)
    {
        using MemoryStream bytes = new();
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static string Short(string words) => words.Length > DescriptionMax ? words[..DescriptionMax] : words;
}
