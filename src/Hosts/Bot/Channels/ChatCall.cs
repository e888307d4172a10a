using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Wopr.Bot.Channels;

/// <param name="Wait">What the service asked for in its header; a minute when it did not say.</param>
/// <param name="Body">Undefined when it was no JSON.</param>
internal sealed record ChatAnswer(HttpStatusCode Status, HttpResponseHeaders Headers, TimeSpan Wait, JsonElement Body);

/// <summary>One request to a chat service.</summary>
internal static class ChatCall
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_wait = TimeSpan.FromMinutes(1);

    /// <param name="service">As people know it.</param>
    /// <param name="json">Null: it is a GET.</param>
    public static async Task<ChatAnswer> SendAsync(
        ChannelContext context, string service, Uri address, AuthenticationHeaderValue who, byte[]? json, CancellationToken ct)
    {
        using HttpRequestMessage request = new(json is null ? HttpMethod.Get : HttpMethod.Post, address);
        request.Headers.Authorization = who;
        // Discord turns away who does not say in these words what it is.
        request.Headers.TryAddWithoutValidation("User-Agent", "DiscordBot (https://wopr.bot, 1.0)");
        var answer = await ChannelHttp.AskAsync(context, service, request, json, s_patience, ct);
        return new(answer.Status, answer.Headers, answer.RetryAfter ?? s_wait, Parse(answer.Body));
    }

    private static JsonElement Parse(byte[] text)
    {
        try
        {
            Utf8JsonReader reader = new(text);
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException) { return default; }
    }
}
