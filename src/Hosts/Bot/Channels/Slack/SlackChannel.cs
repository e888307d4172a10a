using System.Net.Http.Headers;
using Wopr.Protocol;

namespace Wopr.Bot.Channels.Slack;

/// <summary>A bot in Slack: hears over socket mode, speaks over the Web API.</summary>
internal sealed class SlackChannel(IReadOnlyDictionary<string, string> settings, ChannelContext context) : Channel
{
    public const string Service = "Slack";
    private const string BotToken = "bot_token";
    private const string AppToken = "app_token";
    private static readonly string[] s_scopes = ["app_mentions:read", "chat:write", "im:history"];

    private readonly AuthenticationHeaderValue _bot = new("Bearer", settings[BotToken]);
    private readonly AuthenticationHeaderValue _app = new("Bearer", settings[AppToken]);

    public static ChannelKindInfo Kind { get; } = new(ChannelKind.Slack, DropsDoubles: false,
        [
            new(BotToken, IsSecret: true, IsRequired: true, text => IsToken(text, "xoxb-")
                ? null
                : "The bot token begins with xoxb-: at api.slack.com/apps open your app, go to OAuth & Permissions, and copy the Bot User OAuth Token."),
            new(AppToken, IsSecret: true, IsRequired: true, text => IsToken(text, "xapp-")
                ? null
                : "The app-level token begins with xapp-: at api.slack.com/apps open your app, go to Basic Information, and make one under "
                    + "App-Level Tokens with the scope connections:write."),
        ],
        (settings, context) => new SlackChannel(settings, context));

    // Before it is escaped; Slack itself cuts at ten times as much.
    public override int TextMax => 4000;

    public override Task RunAsync(ChannelDoor door, CancellationToken ct) => new SlackSocket(this, context, door).RunAsync(ct);

    // Slack knows no nonce: whether a lost answer was a lost message, nobody can tell.
    public override async Task SendAsync(ChannelPiece piece, CancellationToken ct)
    {
        if (SlackMessages.Place(piece.Conversation) is not var (room, thread))
        {
            throw new ChannelException("There is no such Slack channel.", isFinal: true);
        }
        await AskAsync("chat.postMessage", isApp: false, ChatJson.Write(json =>
        {
            json.WriteString("channel", room);
            json.WriteString("text", SlackText.Escape(piece.Text));
            if (thread is not null) { json.WriteString("thread_ts", thread); }
            json.WriteBoolean("unfurl_links", false);
            json.WriteBoolean("unfurl_media", false);
        }), ct);
    }

    public override async Task<string> TestAsync(CancellationToken ct)
    {
        var self = await SelfAsync(ct);
        await AddressAsync(ct);
        return self.Account;
    }

    /// <summary>Who the bot is, and that it may do what it must.</summary>
    public async Task<SlackSelf> SelfAsync(CancellationToken ct)
    {
        var answer = await AskAsync("auth.test", isApp: false, ChatJson.Write(_ => { }), ct);
        if (answer.Headers.TryGetValues("x-oauth-scopes", out var said))
        {
            var given = string.Join(',', said).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            var missing = s_scopes.Except(given, StringComparer.Ordinal).ToList();
            if (missing.Count > 0) { throw SlackRefusals.MissingScopes(string.Join(", ", missing)); }
        }
        return answer.Body.Text("user_id") is { } user
            ? new(user, $"{answer.Body.Text("user") ?? user} in {answer.Body.Text("team") ?? "Slack"}")
            : throw new ChannelException("Slack did not say who the bot is.");
    }

    /// <summary>Where to connect to, once.</summary>
    public async Task<Uri> AddressAsync(CancellationToken ct)
    {
        var answer = await AskAsync("apps.connections.open", isApp: true, ChatJson.Write(_ => { }), ct);
        return Uri.TryCreate(answer.Body.Text("url"), UriKind.Absolute, out var address)
            && (address.Scheme == "wss" || (address.Scheme == "ws" && context.Addresses.SlackApi.Scheme == "http"))
                ? address
                : throw new ChannelException("Slack named a place to connect to that cannot be used.");
    }

    private async Task<ChatAnswer> AskAsync(string method, bool isApp, byte[] json, CancellationToken ct)
    {
        var answer = await ChatCall.SendAsync(context, Service, new(context.Addresses.SlackApi, method), isApp ? _app : _bot, json, ct);
        if (answer.Body.IsSet("ok")) { return answer; }
        throw SlackRefusals.Of(answer, isApp);
    }

    private static bool IsToken(string text, string prefix) => text.StartsWith(prefix, StringComparison.Ordinal)
        && text.Length > prefix.Length && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '-');
}
