using System.Globalization;
using Wopr.Bot.Channels;
using Wopr.Bot.Model;

namespace Wopr.Bot;

/// <summary>What the agent gives this process as environment.</summary>
internal sealed record BotSettings(
    string Home, Uri Platform, Guid BotId, int Generation, string LinkKey, ModelSettings Model, TimeZoneInfo Zone, LogLevel LogLevel)
{
    private const string DefaultModel = "auto";
    private const string OpenAi = "https://api.openai.com/v1";
    private const string NoPlatform = "http://localhost";

    public ChannelAddresses Channels { get; init; } = ChannelAddresses.Read(_ => null);

    /// <summary>Webhooks may lead into our own network: in development only.</summary>
    public bool MayCallPrivate { get; init; }

    /// <summary>Null: <paramref name="faults"/> says everything that is wrong with it, and never what it is.</summary>
    /// <param name="atRest">It only answers for what it keeps, so it needs no platform.</param>
    public static BotSettings? Read(Func<string, string?> variable, out IReadOnlyList<string> faults, bool atRest = false)
    {
        List<string> wrong = [];
        var home = Need("WOPR_HOME", "the bot's folder", Path.IsPathFullyQualified);
        var platform = atRest ? NoPlatform : Need("WOPR_PLATFORM_URL", "the platform's address", text => Address(text) is not null);
        var bot = Need("WOPR_BOT_ID", "the bot's id", text => Guid.TryParse(text, out _));
        var generation = Need("WOPR_GENERATION", "a whole number from 1", text => Whole(text) > 0);
        var key = atRest ? "" : Need("WOPR_LINK_KEY", "the key to the platform", _ => true);
        var gateway = variable("WOPR_GATEWAY_URL");
        if (!string.IsNullOrEmpty(gateway) && Address(gateway) is null)
        {
            wrong.Add("WOPR_GATEWAY_URL must be an address that ends in /v1.");
        }
        // The owner's own key, under the names that every client of this protocol knows: then the platform is not asked.
        var ownKey = variable("OPENAI_API_KEY") is { Length: > 0 } own ? own : null;
        var ownUrl = variable("OPENAI_BASE_URL") is { Length: > 0 } address ? address : OpenAi;
        if (ownKey is not null && Address(ownUrl) is null) { wrong.Add("OPENAI_BASE_URL must be an address that ends in /v1."); }
        faults = wrong;
        if (wrong.Count > 0) { return null; }
        var model = variable("WOPR_MODEL") is { Length: > 0 } named ? named : DefaultModel;
        var zone = variable("WOPR_TIMEZONE") is { Length: > 0 } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found)
            ? found
            : TimeZoneInfo.Utc;
        return new(home, Address(platform)!, Guid.Parse(bot), Whole(generation), key,
            ownKey is null ? new(Address(gateway), variable("WOPR_GATEWAY_KEY"), model) : new(Address(ownUrl), ownKey, model), zone,
            Enum.TryParse<LogLevel>(variable("WOPR_LOG_LEVEL"), ignoreCase: true, out var level) ? level : LogLevel.Info)
        {
            Channels = ChannelAddresses.Read(variable),
            MayCallPrivate = variable("WOPR_PRIVATE_WEBHOOKS") == "yes",
        };

        string Need(string name, string what, Func<string, bool> isRight)
        {
            var text = variable(name) ?? "";
            if (text.Length == 0 || !isRight(text)) { wrong.Add($"{name} must be {what}."); }
            return text;
        }
    }

    private static Uri? Address(string? text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address : null;

    private static int Whole(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
