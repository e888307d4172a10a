using System.Net;

namespace Wopr.Bot.Channels.Discord;

/// <summary>What Discord says no with, and what its owner has to do.</summary>
internal static class DiscordRefusals
{
    private const string Portal = "In the Discord Developer Portal (discord.com/developers/applications) open your application, ";

    public static ChannelException BadToken() => new($"Discord does not accept the token. {Portal}"
        + "go to Bot, press Reset Token, and put the new token in here.", endsChannel: true);

    public static ChannelException NoMessageContent() => new($"The bot may not read messages. {Portal}"
        + "go to Bot, switch on Message Content Intent under Privileged Gateway Intents, save, and then save this channel again.", endsChannel: true);

    public static ChannelException Lost() => new("The connection to Discord was lost.");

    /// <summary>Why the connection was closed.</summary>
    /// <param name="isForgotten">The session is over and cannot be resumed.</param>
    public static ChannelException Closed(int code, out bool isForgotten)
    {
        isForgotten = code is 4003 or 4004 or 4007 or 4009 or >= 4010 and <= 4014;
        return code switch
        {
            4004 => BadToken(),
            4014 => NoMessageContent(),
            4010 or 4011 => new("The bot is in too many Discord servers for one connection. Take it out of some.", endsChannel: true),
            4012 or 4013 => new("Discord does not take connections of this version of the bot any more. Update the bot.", endsChannel: true),
            4008 => new("Discord says that the bot is too fast. It connects again in a minute.", retryAfter: TimeSpan.FromMinutes(1)),
            _ => Lost(),
        };
    }

    /// <summary>Why a request was refused.</summary>
    public static ChannelException Of(ChatAnswer answer)
    {
        var code = answer.Body.Number("code") ?? 0;
        return answer.Status switch
        {
            HttpStatusCode.Unauthorized => BadToken(),
            HttpStatusCode.TooManyRequests => new("Discord asks the bot to slow down.", retryAfter: Wait(answer)),
            >= HttpStatusCode.InternalServerError => new($"Discord has trouble of its own ({(int)answer.Status}).", mayHaveArrived: true),
            HttpStatusCode.NotFound => new("The Discord channel of this conversation is not there any more, or the bot was taken out of it.",
                isFinal: true),
            HttpStatusCode.Forbidden when code == 50007 => new(
                "That person takes no direct messages from the bot. They must share a server with it and allow messages from its members.",
                isFinal: true),
            HttpStatusCode.Forbidden => new(
                "The bot may not write in that Discord channel. Give its role View Channel, Send Messages and Read Message History there.",
                isFinal: true),
            _ => new($"Discord did not take the message ({(int)answer.Status}, code {code}).", isFinal: true),
        };
    }

    // To the thousandth of a second in the body, rounded up in the header.
    private static TimeSpan Wait(ChatAnswer answer) =>
        answer.Body.Part("retry_after") is { ValueKind: System.Text.Json.JsonValueKind.Number } said
        && said.TryGetDouble(out var seconds) && seconds is >= 0 and < 86_400
            ? TimeSpan.FromSeconds(seconds)
            : answer.Wait;
}
