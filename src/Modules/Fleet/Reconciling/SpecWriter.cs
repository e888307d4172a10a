using System.Globalization;
using Wopr.Protocol;
using Wopr.Quotas;

namespace Wopr.Fleet;

/// <summary>What an agent is told of a bot, whole.</summary>
internal sealed class SpecWriter(BotSecrets secrets, LinkKeys keys, FleetOptions options)
{
    public BotSpec Of(Bot bot)
    {
        var tier = ResourceTier.Find(bot.Profile.ResourceTier) ?? ResourceTier.Standard;
        return new(bot.Id, bot.DataName, bot.Generation, bot.Version, bot.Effective, bot.Profile.Image, Settings(bot),
            tier.MemoryBytes, tier.CpuQuota, tier.PidsLimit, bot.Profile.RestartPolicy);
    }

    // What is not to run gets no secrets.
    private Dictionary<string, string> Settings(Bot bot)
    {
        if (bot.Effective != BotWish.Run) { return []; }
        Dictionary<string, string> settings = new(secrets.OpenEnv(bot), StringComparer.Ordinal)
        {
            ["WOPR_PLATFORM_URL"] = options.PlatformUrl.AbsoluteUri.TrimEnd('/'),
            ["WOPR_BOT_ID"] = bot.Id.ToString(),
            ["WOPR_GENERATION"] = bot.Generation.ToString(CultureInfo.InvariantCulture),
            ["WOPR_LINK_KEY"] = keys.ForBot(bot.Id, bot.Generation),
            ["WOPR_GATEWAY_URL"] = options.PlatformUrl.AbsoluteUri.TrimEnd('/') + "/v1",
            ["WOPR_MODEL"] = bot.Profile.Model ?? options.Model,
            ["WOPR_TIMEZONE"] = bot.Profile.TimeZone,
            ["WOPR_LOG_LEVEL"] = "info",
            // Another number is another environment, and that has its agent start it anew.
            ["WOPR_STARTS"] = bot.Starts.ToString(CultureInfo.InvariantCulture),
        };
        if (options.DiscordUrl is { } discord) { settings["WOPR_DISCORD_URL"] = discord.AbsoluteUri; }
        if (options.SlackUrl is { } slack) { settings["WOPR_SLACK_URL"] = slack.AbsoluteUri; }
        if (options.TelegramUrl is { } telegram) { settings["WOPR_TELEGRAM_URL"] = telegram.AbsoluteUri; }
        if (options.PrivateWebhooks) { settings["WOPR_PRIVATE_WEBHOOKS"] = "yes"; }
        if (secrets.OpenKey(bot) is { } key) { settings["WOPR_GATEWAY_KEY"] = key; }
        return settings;
    }
}
