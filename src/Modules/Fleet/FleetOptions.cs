using Wopr.Kernel;

namespace Wopr.Fleet;

public sealed class FleetOptions : ISettings
{
    [Setting("FLEET_IMAGE_ALLOWLIST", "What bots' images may begin with, separated by commas.")]
    public string[] ImageAllowlist { get; set; } = ["ghcr.io/wopr-network/"];

    [Setting("BOT_MODEL", "The model that a bot asks when its owner named none.")]
    public string Model { get; set; } = "openai/gpt-4o-mini";

    [Setting("BOT_PLATFORM_URL", "Where bots reach this platform; for their links and their models.")]
    public Uri PlatformUrl { get; set; } = new("http://localhost:3100");

    [Setting("DISCORD_API_URL", "Where Discord's API is, with its version. Bots are told of it.")]
    public Uri? DiscordUrl { get; set; }

    [Setting("SLACK_API_URL", "Where Slack's API is. Bots are told of it.")]
    public Uri? SlackUrl { get; set; }

    [Setting("TELEGRAM_API_URL", "Where Telegram's Bot API is. Bots are told of it.")]
    public Uri? TelegramUrl { get; set; }

    [Setting("BOT_PRIVATE_WEBHOOKS", "Whether webhooks of bots may lead into private networks; for development.")]
    public bool PrivateWebhooks { get; set; }

    internal Uri Discord => Folder(DiscordUrl, "https://discord.com/api/v10/");

    internal Uri Slack => Folder(SlackUrl, "https://slack.com/api/");

    internal Uri Telegram => Folder(TelegramUrl, "https://api.telegram.org/");

    /// <summary>A prefix ends where a name ends, so that no longer name begins with it.</summary>
    internal IReadOnlyList<string> ImagePrefixes =>
        [.. ImageAllowlist.Select(prefix => prefix.EndsWith('/') || prefix.EndsWith(':') ? prefix : prefix + "/")];

    public IEnumerable<string> Faults(bool production)
    {
        if (ImageAllowlist.Length == 0) { yield return "FLEET_IMAGE_ALLOWLIST must name at least one prefix, such as ghcr.io/wopr-network/."; }
        foreach (var (name, url) in ((string, Uri?)[])[("DISCORD_API_URL", DiscordUrl), ("SLACK_API_URL", SlackUrl), ("TELEGRAM_API_URL", TelegramUrl)])
        {
            if (production && url is { Scheme: not "https" }) { yield return $"{name} must begin with https:// in production."; }
        }
        if (production && PrivateWebhooks) { yield return "BOT_PRIVATE_WEBHOOKS must not be true in production."; }
        if (!BotRules.IsModel(Model)) { yield return "BOT_MODEL must be the id of a model, such as openai/gpt-4o-mini."; }
    }

    // What follows is added to it, not put in place of its end.
    private static Uri Folder(Uri? given, string real) => given is null ? new(real) : new(given.AbsoluteUri.TrimEnd('/') + "/");
}
