namespace Wopr.Bot.Channels;

/// <param name="Http">Follows no redirect and has no limit of its own: give every request one.</param>
/// <param name="MayCallPrivate">Addresses that a bot's owner names may lead into our own network: in development only.</param>
internal sealed record ChannelContext(
    HttpClient Http, ChannelAddresses Addresses, TimeProvider Time, Log Log, bool MayCallPrivate = false);

/// <summary>Where the services are. Each ends in a slash.</summary>
internal sealed record ChannelAddresses(Uri DiscordApi, Uri SlackApi, Uri TelegramApi)
{
    /// <summary>Whoever runs the bot may name others.</summary>
    public static ChannelAddresses Read(Func<string, string?> variable) => new(
        Address(variable("WOPR_DISCORD_URL"), "https://discord.com/api/v10/"),
        Address(variable("WOPR_SLACK_URL"), "https://slack.com/api/"),
        Address(variable("WOPR_TELEGRAM_URL"), "https://api.telegram.org/"));

    private static Uri Address(string? given, string real) =>
        Uri.TryCreate(given?.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : new(real);
}
