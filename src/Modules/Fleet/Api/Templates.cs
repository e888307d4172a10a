namespace Wopr.Fleet;

/// <summary>Bots to begin with.</summary>
internal static class Templates
{
    private const string Image = "ghcr.io/wopr-network/wopr";

    public static TemplateList List { get; } = new(
    [
        new("assistant", "A bot to talk with on the web. Add channels later.", $"{Image}:latest", "stable"),
        new("stable-discord", "A bot for a Discord server, on the tested release.", $"{Image}:stable", "stable"),
        new("canary-discord", "A bot for a Discord server, on the newest build.", $"{Image}:latest", "canary"),
        new("staging-discord", "A bot for a Discord server, on the release that is being tested.", $"{Image}:staging", "staging"),
        new("slack", "A bot for a Slack workspace.", $"{Image}:stable", "stable"),
        new("telegram", "A bot for Telegram.", $"{Image}:stable", "stable"),
    ]);
}
