using Wopr.Kernel;

namespace Wopr.Fleet;

/// <summary>Every refusal of this module.</summary>
internal static class FleetProblems
{
    public static Problem NotFound { get; } = new(ProblemKind.NotFound, "fleet.bot_not_found", "Bot not found");

    public static Problem BadId { get; } = new(ProblemKind.Invalid, "fleet.bad_bot_id", "Invalid bot ID");

    public static Problem NotYours { get; } = new(ProblemKind.Forbidden, "fleet.not_yours",
        "You do not have permission to manage this bot. Ask who made it, or an admin of your organisation.");

    public static Problem OtherTenant { get; } = new(ProblemKind.Forbidden, "fleet.other_tenant",
        "Cannot create bot for a different tenant");

    public static Problem TenantMissing { get; } = new(ProblemKind.Invalid, "fleet.tenant_required",
        "Say whose bot it is: tenantId, of 1 to 40 letters and digits.");

    public static Problem NoTenant { get; } = new(ProblemKind.NotFound, "fleet.tenant_not_found",
        "There is no such tenant. Check tenantId.");

    public static Problem NothingToChange { get; } = new(ProblemKind.Invalid, "fleet.nothing_to_change", "No fields to update");

    public static Problem BadName { get; } = new(ProblemKind.Invalid, "fleet.bad_name",
        "Name must be 1-63 alphanumeric chars, hyphens, or underscores");

    public static Problem BadDescription { get; } = new(ProblemKind.Invalid, "fleet.bad_description",
        $"A description has at most {BotRules.DescriptionCharsMax} characters.");

    public static Problem BadAvatar { get; } = new(ProblemKind.Invalid, "fleet.bad_avatar",
        $"An avatar has at most {BotRules.AvatarCharsMax} characters.");

    public static Problem BadVolume { get; } = new(ProblemKind.Invalid, "fleet.bad_volume",
        "A volume is named by letters, digits, dots, hyphens and underscores. Leave it out: a bot's data is kept under its own name.");

    public static Problem BadImage { get; } = new(ProblemKind.Invalid, "fleet.bad_image",
        "Name an image such as wopr-network/wopr:latest, in small letters and at most 255 characters.");

    public static Problem ImageNotAllowed(string image, IReadOnlyList<string> prefixes) => new(ProblemKind.Invalid, "fleet.image_not_allowed",
        $"The image {image} is not allowed. Use one that begins with {string.Join(" or ", prefixes)}.");

    public static Problem BadEnvName { get; } = new(ProblemKind.Invalid, "fleet.bad_env_name",
        "A variable is named by letters, digits and underscores, begins with no digit and has at most 128 characters.");

    public static Problem ReservedEnv(string name) => new(ProblemKind.Invalid, "fleet.reserved_env",
        $"{name} is ours to set. Choose another name: WOPR_, LD_, DOTNET_, CORECLR_ and COMPlus_ begin none, nor is PATH or HOME one.");

    public static Problem TooMuchEnv { get; } = new(ProblemKind.Invalid, "fleet.too_much_env",
        $"A bot has at most {BotRules.EnvMax} variables of {BotRules.EnvBytesMax / 1024} KB each and {BotRules.EnvTotalBytesMax / 1024} KB in all. "
        + "Keep what is larger in a file.");

    public static Problem BadRestartPolicy { get; } = new(ProblemKind.Invalid, "fleet.bad_restart_policy",
        $"restartPolicy is one of {string.Join(", ", BotRules.RestartPolicies)}.");

    public static Problem BadUpdatePolicy { get; } = new(ProblemKind.Invalid, "fleet.bad_update_policy",
        "updatePolicy is on-push, nightly, manual, or cron: and a schedule of at most 100 characters.");

    public static Problem BadReleaseChannel { get; } = new(ProblemKind.Invalid, "fleet.bad_release_channel",
        $"releaseChannel is one of {string.Join(", ", BotRules.ReleaseChannels)}.");

    public static Problem BadDiscovery { get; } = new(ProblemKind.Invalid, "fleet.bad_discovery",
        $"discovery.topics holds at most {BotRules.TopicsMax} topics of 1 to 128 characters without a comma.");

    public static Problem BadModel { get; } = new(ProblemKind.Invalid, "fleet.bad_model",
        "model is the id of a model, such as openai/gpt-4o-mini; GET /v1/models lists them.");

    public static Problem BadTimeZone { get; } = new(ProblemKind.Invalid, "fleet.bad_time_zone",
        "timeZone is the name of a zone, such as Europe/Berlin.");

    public static Problem BadTier { get; } = new(ProblemKind.Invalid, "fleet.bad_tier",
        "There is no such tier. GET /api/quota/tiers lists them.");

    public static Problem Downgrade(double usedGb, int limitGb) => new(ProblemKind.Invalid, "fleet.storage_in_use",
        string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"Cannot downgrade: currently using {usedGb:0.##} GB of the {limitGb} GB there would be. Delete files of the bot first."));

    public static Problem NotDeleted { get; } = new(ProblemKind.Conflict, "fleet.not_deleted",
        "This bot is not deleted, so there is nothing to bring back.");

    public static Problem BadAction { get; } = new(ProblemKind.Invalid, "fleet.bad_action",
        "action is start, stop, restart or destroy.");

    public static Problem BadTail { get; } = new(ProblemKind.Invalid, "fleet.bad_tail",
        $"tail is a whole number from 1 to {BotRules.TailMax}.");

    public static Problem BotStopped { get; } = new(ProblemKind.Unavailable, "fleet.bot_stopped",
        "This bot is stopped. Start it and try again.");

    public static Problem BotUnreachable { get; } = new(ProblemKind.Unavailable, "fleet.bot_unreachable",
        "This bot does not answer right now. Try again in a few seconds.")
    { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Problem NodeUnreachable { get; } = new(ProblemKind.Unavailable, "fleet.node_unreachable",
        "The machine of this bot does not answer right now. Try again in a few seconds.")
    { RetryAfter = TimeSpan.FromSeconds(5) };

    public static Problem LetterTooLong { get; } = new(ProblemKind.Unavailable, "fleet.node_unreachable",
        "The machine of this bot does not answer right now, and this is too long to be kept until it does. Try again later.");

    public static Problem NotStopped { get; } = new(ProblemKind.Conflict, "fleet.not_stopped",
        "Stop the bot first. What it keeps is replaced only while it does not run.");

    public static Problem NeverRan { get; } = new(ProblemKind.Conflict, "fleet.never_ran",
        "This bot has no machine yet. Start it once, stop it, then import.");

    public static Problem ImportOvertaken { get; } = new(ProblemKind.Conflict, "fleet.import_overtaken",
        "The bot was started or changed while the archive was unpacked, so it was not taken. Stop the bot and import again.");

    public static Problem NoArchive { get; } = new(ProblemKind.Invalid, "fleet.no_archive",
        "Send an archive that an export of a bot made, as the body.");

    public static Problem ArchiveTooLarge { get; } = new(ProblemKind.TooLarge, "fleet.archive_too_large",
        $"An archive has at most {BotArchives.BytesMax >> 20} MB.");

    public static Problem TooManyLetters { get; } = new(ProblemKind.LimitReached, "fleet.too_many_letters",
        $"The machine of this bot does not answer, and {Letters.WaitingMax} changes wait for it already. Try again when it is back.");

    public static Problem Suspended { get; } = new(ProblemKind.PaymentRequired, "fleet.bot_suspended",
        "This bot is suspended, because the credits ran out. Buy credits; it then starts by itself.");

    public static Problem BadSession { get; } = new(ProblemKind.Invalid, "fleet.bad_session",
        "sessionId has 1 to 64 letters, digits and . _ - and does not begin with a dot.");

    public static Problem BadMessage { get; } = new(ProblemKind.Invalid, "fleet.message_too_long",
        $"A message has at most {BotRules.MessageCharsMax} characters. Send it in parts.");

    public static Problem BadClientId { get; } = new(ProblemKind.Invalid, "fleet.bad_client_id",
        "clientId has 1 to 128 visible ASCII characters. Use a random one for each message, such as a UUID.");

    public static Problem OtherMessage { get; } = new(ProblemKind.Unprocessable, "fleet.client_id_used",
        "This clientId was used for another message of this session. Take a new one for each message.");

    public static Problem TooManyWaiting { get; } = new(ProblemKind.LimitReached, "fleet.too_many_waiting",
        "Too many messages wait for this bot already. Start it, or wait until it has answered some.")
    { RetryAfter = TimeSpan.FromSeconds(10) };

    public static Problem TurnNotFound { get; } = new(ProblemKind.NotFound, "fleet.turn_not_found",
        "There is no such message of this bot.");

    public static Problem TurnNotSaidHere { get; } = new(ProblemKind.NotFound, "fleet.turn_not_said_here",
        "Nothing of that id was said here. What came through a channel, a schedule or an import cannot be said again or changed: "
        + "write it as a new message.");

    public static Problem TurnNotOver { get; } = new(ProblemKind.Conflict, "fleet.turn_not_over",
        "This message is still being answered. Cancel it first, or wait.");

    public static Problem NoSession { get; } = new(ProblemKind.Invalid, "fleet.session_required", "sessionId query parameter is required");

    public static Problem BadPath { get; } = new(ProblemKind.Invalid, "fleet.bad_path",
        "A bot's files are memory/SOUL.md, memory/USER.md, memory/MEMORY.md and skills/NAME.md.");

    public static Problem BadSchedule { get; } = new(ProblemKind.Invalid, "fleet.bad_schedule",
        "A schedule's id has 1 to 64 letters, digits and . _ - and does not begin with a dot.");

    public static Problem BadToolServer { get; } = new(ProblemKind.Invalid, "fleet.bad_tool_server",
        "The id of a server of tools has 1 to 24 small letters, digits or dashes.");

    public static Problem BadLimit { get; } = new(ProblemKind.Invalid, "fleet.bad_limit", "limit is a whole number from 1 to 200.");
}
