using System.Net;
using System.Net.Http.Headers;
using Wopr.Protocol;

namespace Wopr.Bot.Channels.Discord;

/// <summary>A bot on Discord: hears over the gateway, speaks over the API.</summary>
internal sealed class DiscordChannel(IReadOnlyDictionary<string, string> settings, ChannelContext context) : Channel
{
    public const string Service = "Discord";
    private const string Token = "token";
    // Bits of an application's flags: the words of messages, for large bots and for others.
    private const long ReadsMessages = (1 << 18) | (1 << 19);

    private readonly AuthenticationHeaderValue _who = new("Bot", settings[Token]);

    public static ChannelKindInfo Kind { get; } = new(ChannelKind.Discord, DropsDoubles: true,
        [
            new(Token, IsSecret: true, IsRequired: true, text => IsToken(text)
                ? null
                : "That is no Discord bot token: it has three parts with dots between. In the Discord Developer Portal open your application, "
                    + "go to Bot and press Reset Token to see one."),
        ],
        (settings, context) => new DiscordChannel(settings, context));

    public override int TextMax => 2000;

    public override Task RunAsync(ChannelDoor door, CancellationToken ct) => new DiscordGateway(this, settings[Token], context, door).RunAsync(ct);

    public override async Task SendAsync(ChannelPiece piece, CancellationToken ct)
    {
        if (!DiscordMessages.IsId(piece.Conversation)) { throw new ChannelException("There is no such Discord channel.", isFinal: true); }
        var answer = await CallAsync($"channels/{piece.Conversation}/messages", ChatJson.Write(json =>
        {
            json.WriteString("content", piece.Text);
            // Said again after a crash, Discord takes it for the same.
            json.WriteString("nonce", piece.Nonce);
            json.WriteBoolean("enforce_nonce", true);
            // Whatever a model writes, nobody's phone rings: not @everyone's, not the asker's.
            json.WriteStartObject("allowed_mentions");
            json.WriteStartArray("parse");
            json.WriteEndArray();
            json.WriteBoolean("replied_user", false);
            json.WriteEndObject();
            if (DiscordMessages.IsId(piece.ReplyTo))
            {
                json.WriteStartObject("message_reference");
                json.WriteString("message_id", piece.ReplyTo);
                json.WriteBoolean("fail_if_not_exists", false);
                json.WriteEndObject();
            }
        }), ct);
        if (answer.Status is not (HttpStatusCode.OK or HttpStatusCode.Created)) { throw DiscordRefusals.Of(answer); }
    }

    public override async Task<string> TestAsync(CancellationToken ct)
    {
        var me = await AskAsync("users/@me", ct);
        var application = await AskAsync("applications/@me", ct);
        if ((application.Body.Number("flags") & ReadsMessages) == 0) { throw DiscordRefusals.NoMessageContent(); }
        return me.Body.Text("username") ?? throw new ChannelException("Discord did not say who the bot is.");
    }

    /// <exception cref="ChannelException">It was refused.</exception>
    public async Task<ChatAnswer> AskAsync(string path, CancellationToken ct)
    {
        var answer = await CallAsync(path, null, ct);
        return answer.Status == HttpStatusCode.OK ? answer : throw DiscordRefusals.Of(answer);
    }

    private Task<ChatAnswer> CallAsync(string path, byte[]? json, CancellationToken ct) =>
        ChatCall.SendAsync(context, Service, new(context.Addresses.DiscordApi, path), _who, json, ct);

    private static bool IsToken(string text) => text.Split('.') is { Length: 3 } parts
        && parts.All(part => part.Length > 0 && part.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'));
}
