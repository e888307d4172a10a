namespace Wopr.Dashboard.Pages.Bots;

/// <param name="IsMade">The form comes with one, to be copied.</param>
public sealed record ChannelField(
    string Name, string Label, string? Hint = null, bool IsSecret = false, bool IsOptional = false, string? Placeholder = null, bool IsMade = false);

/// <param name="Steps">Where its owner gets what the form asks for.</param>
/// <param name="OwnerHint">Where its people find their user id; null where only programs talk.</param>
public sealed record ChannelKind(string Key, string Title, string About, string[] Steps, ChannelField[] Fields, string? OwnerHint = null)
{
    private static readonly ChannelField s_owner = new("owner", "Your user id there", IsOptional: true);

    public static ChannelKind[] All { get; } =
    [
        new("telegram", "Telegram", "The bot answers private messages, and in groups commands, mentions and replies.",
            ["In Telegram write to @BotFather: /newbot. It asks for a name.",
             "Copy the token that it answers, all of it, into this form."],
            [new("token", "Token", IsSecret: true, Placeholder: "123456:ABC…")],
            "A number, not your @name; @userinfobot tells it. If you leave it empty, you are a stranger there as well."),
        new("discord", "Discord", "The bot answers direct messages and mentions.",
            ["In the Discord Developer Portal make an application, and under Bot press Reset Token.",
             "Under Bot switch on Message Content Intent.",
             "Under OAuth2 make an address with the scope bot and the right Send Messages; open it to add the bot to your server."],
            [new("token", "Bot token", IsSecret: true)],
            "A long number: switch on Developer Mode in the advanced settings of Discord, then choose Copy User ID on your name. If you leave it empty, you are a stranger there as well."),
        new("slack", "Slack", "The bot answers direct messages and mentions, in threads.",
            ["At api.slack.com/apps make an app. Under Socket Mode switch it on, and make an app-level token with connections:write.",
             "Under OAuth & Permissions add app_mentions:read, im:history and chat:write; under Event Subscriptions app_mention and message.im.",
             "Install the app to your workspace, then copy the Bot User OAuth Token."],
            [new("bot_token", "Bot token", IsSecret: true, Placeholder: "xoxb-…"),
             new("app_token", "App-level token", IsSecret: true, Placeholder: "xapp-…")],
            "The menu of your profile has Copy member ID. If you leave it empty, you are a stranger there as well."),
        new("webhook", "Webhook", "Programs post messages to the bot; its replies are posted to your address. Both are signed.",
            ["Copy the secret below into your program. It is not shown again.",
             "Each request has the header X-Wopr-Signature: t=<unix time>,v1=<hex of HMAC-SHA256 over \"t.body\">, and X-Wopr-Delivery with an id of its own.",
             "The body is JSON: {\"text\": \"Hello\", \"conversation\": \"optional\", \"sender\": \"optional\"}."],
            [new("secret", "Secret", "Keep it, or put in another of at least 16 letters.", IsSecret: true, IsMade: true),
             new("url", "Address for replies", "Leave it empty, and the bot only listens.", IsOptional: true, Placeholder: "https://example.com/replies")]),
    ];

    public IEnumerable<ChannelField> Asked => OwnerHint is null ? Fields : [.. Fields, s_owner with { Hint = OwnerHint }];

    public static ChannelKind? Find(string key) => All.FirstOrDefault(kind => kind.Key == key);

    public static (string Word, string Tone) State(string state) => state switch
    {
        "connected" => ("connected", "good"),
        "connecting" => ("connecting", ""),
        "waiting" => ("trying again", "warn"),
        "failed" => ("needs you", "bad"),
        _ => ("off", ""),
    };
}
